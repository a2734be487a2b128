"""For whom a difference holds."""
