"""附件: what may be stored, how it is kept, how it is handed out."""
