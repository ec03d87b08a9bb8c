"""Files in an S3-compatible store: ``s3://bucket/prefix?endpoint=https://…&region=…``.

The key pair comes from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or the machine's own role, as boto3 looks for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from app.attachments.storage import KEY, FileMissing

TIMEOUT = 10
"""Seconds to connect and to wait for bytes: a slow store must not hold a page for longer."""


class S3Storage:
    """One bucket, all keys under one prefix."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self.client = client
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    @classmethod
    def from_url(cls, url: str) -> S3Storage:
        parts = urlsplit(url)
        options = {name: values[0] for name, values in parse_qs(parts.query).items()}
        settings = Config(
            connect_timeout=TIMEOUT,
            read_timeout=TIMEOUT,
            retries={"max_attempts": 2},
            # what compatible stores understand: the bucket in the path, no checksum trailers
            s3={"addressing_style": "path" if "endpoint" in options else "auto"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        client = boto3.client("s3", endpoint_url=options.get("endpoint"), region_name=options.get("region"), config=settings)
        return cls(client, parts.netloc, parts.path)

    def save(self, key: str, stream: BinaryIO) -> None:
        stream.seek(0)
        self.client.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=stream)

    def open(self, key: str) -> BinaryIO:
        try:
            return cast(BinaryIO, self.client.get_object(Bucket=self.bucket, Key=self.prefix + key)["Body"])
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
                raise FileMissing(key) from error
            raise

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=self.prefix + key)

    def keys(self, before: datetime) -> Iterator[str]:
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix):
            for found in page.get("Contents", ()):
                key = found["Key"].removeprefix(self.prefix)
                if KEY.fullmatch(key) and found["LastModified"] < before:
                    yield key

    def check(self) -> None:
        self.client.head_bucket(Bucket=self.bucket)
