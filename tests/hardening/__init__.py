"""What the product withstands: each case of the list of hardening under its number, as an attack from outside."""
