"""The pictures of the report: functions from tidy tables to matplotlib figures; `style.save` writes them."""
