"""雲端學務系統: the teachers' desk."""
