"""家長互動區 and the offices' areas (manual 貳、三 C), with their 互動開關."""
