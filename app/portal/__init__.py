"""教育發展資源入口網: the home page, the entrances, a parent's home."""
