"""Log streams are delivered here."""
