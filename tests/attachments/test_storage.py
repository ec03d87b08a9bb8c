"""The folder and the S3-compatible store keep the same promises."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import parse_qs

import pytest

from app.attachments.storage import FileMissing, LocalStorage, new_key, storage_at


class SmallS3(BaseHTTPRequestHandler):
    """PUT, GET and DELETE of objects, by path, as an S3-compatible store answers them."""

    objects: dict[str, bytes] = {}

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256")
        self.objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200)

    def do_GET(self) -> None:
        path, _mark, query = self.path.partition("?")
        if "list-type=2" in query:
            [prefix] = parse_qs(query)["prefix"]
            written = "<LastModified>2026-11-20T00:00:00Z</LastModified>"
            listed = "".join(
                f"<Contents><Key>{key.removeprefix(path + '/')}</Key>{written}</Contents>"
                for key in sorted(self.objects)
                if key.startswith(f"{path}/{prefix}")
            )
            self._answer(200, f"<ListBucketResult>{listed}</ListBucketResult>".encode())
            return
        body = self.objects.get(self.path)
        missing = b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>"
        self._answer(404 if body is None else 200, missing if body is None else body)

    def do_DELETE(self) -> None:
        self.objects.pop(self.path, None)
        self._answer(204)


@pytest.fixture
def s3_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr(SmallS3, "objects", {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), SmallS3)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"s3://files/portal?endpoint=http://127.0.0.1:{server.server_port}&region=local"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["folder", "s3"])
def shelf(request, tmp_path, s3_url):
    return storage_at(f"file://{tmp_path}/檔案" if request.param == "folder" else s3_url)


def test_what_is_saved_can_be_read_and_is_gone_once_deleted(shelf):
    key = new_key()
    stream = BytesIO("聯絡簿".encode())
    stream.read()
    shelf.save(key, stream)
    with shelf.open(key) as kept:
        assert kept.read().decode() == "聯絡簿"
    shelf.delete(key)
    shelf.delete(key)
    with pytest.raises(FileMissing):
        shelf.open(key)


def test_files_are_listed_by_the_moment_of_their_writing(shelf):
    """The small S3 says of everything that it was written on 20 November 2026; the folder says the truth."""
    keys = {new_key() for _ in range(3)}
    for key in keys:
        shelf.save(key, BytesIO(b"x"))
        if isinstance(shelf, LocalStorage):
            written = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
            os.utime(shelf.folder / key[:2] / key, (written, written))
    assert set(shelf.keys(datetime(2026, 11, 21, tzinfo=UTC))) == keys
    assert set(shelf.keys(datetime(2026, 11, 19, tzinfo=UTC))) == set()


def test_the_prefix_of_the_address_keeps_one_bucket_for_several(s3_url):
    shelf = storage_at(s3_url)
    key = new_key()
    shelf.save(key, BytesIO(b"x"))
    assert list(SmallS3.objects) == [f"/files/portal/{key}"]


def test_a_folder_knows_no_other_names_than_its_keys(tmp_path):
    shelf = LocalStorage(tmp_path)
    for name in ("../secret", "a/b", "", "A" * 48):
        with pytest.raises(FileMissing):
            shelf.save(name, BytesIO(b"x"))
    assert list(tmp_path.iterdir()) == []


def test_half_a_file_is_never_kept(tmp_path):
    class Breaking(BytesIO):
        def read(self, *args):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        LocalStorage(tmp_path).save(new_key(), Breaking(b"x"))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_keys_cannot_be_guessed_from_each_other():
    assert len({new_key() for _ in range(100)}) == 100


def test_an_address_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="STORAGE_URL"):
        storage_at("ftp://x")
