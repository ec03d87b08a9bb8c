"""圖像識別碼, as a picture and as sound."""
