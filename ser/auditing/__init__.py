"""What a careful person checks in a corpus before training on it: measured clip by clip, judged, shown."""
