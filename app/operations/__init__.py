"""Keeping the portal going: is everything in order (doctor), and what if the machine is lost (backup)."""
