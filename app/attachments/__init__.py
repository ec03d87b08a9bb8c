"""附件: the files of bulletins and contact book items.

A file is let in by what it holds, not by what it is called (checks), pictures are drawn anew without their EXIF data,
and it is kept in the storage under a random key (storage). It goes out through one view that loads its row within the
reader's scope first, always as a download. Manual 貳、三 A–B and 貳、四 B 2.
"""
