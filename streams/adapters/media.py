"""Pictures that tasks were made from, read from the places that somebody allowed, and made small enough to embed.

A `media_url` is what a producer wrote: it may name any file of this machine or any host of this network. So nothing is
read but below a folder or an address that was named, redirects included; and nothing is embedded but pixels that were
decoded here and written anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from PIL import Image, ImageOps, UnidentifiedImageError

from streams.errors import ConfigurationError
from streams.report.material import Picture

__all__ = ["MediaPlaces"]

_MOST_BYTES = 50_000_000
_MOST_PIXELS = 100_000_000
"""A small file can hold a picture that fills the memory."""
_SIDE_PX = 1_600
"""Of the embedded picture: more than the page shows."""
_TIMEOUT_SECONDS = 20.0
_JPEG_QUALITY = 80
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""What a camera or a labeling tool writes; Pillow reads many more, by code that few others use."""


class Unreadable(Exception):
    """Why there is no picture."""


class MediaPlaces:
    """Where pictures may be read from.

    Args:
        places: folders, and addresses beginning with http:// or https://.

    Raises:
        ConfigurationError: a place is neither.
    """

    def __init__(self, places: Sequence[str]) -> None:
        self._addresses = [place for place in places if _is_address(place)]
        self._folders = [Path(place).resolve() for place in places if not _is_address(place)]
        problems = [f"--media {folder}: expected a folder or an http(s) address" for folder in self._folders
                    if not folder.is_dir()]  # fmt: skip
        problems += [f"--media {address}: expected a host name in it" for address in self._addresses
                     if not urlsplit(address).hostname]  # fmt: skip
        if problems:
            raise ConfigurationError(problems, "Media cannot be read")

    def picture(self, media_url: str) -> Picture | str:
        """The picture, or in a few words why there is none. Blocks while it reads."""
        try:
            content = self._fetched(media_url) if _is_address(media_url) else self._read(media_url)
            return _embeddable(content)
        except Unreadable as error:
            return str(error)

    def _fetched(self, address: str) -> bytes:
        self.require_allowed(address)
        opener = build_opener(_Redirects(self))
        try:
            with opener.open(Request(address), timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  http(s) as checked
                return _bounded(answer)
        except HTTPError as error:
            error.close()
            raise Unreadable(f"answered with {error.code}") from None
        except (URLError, OSError, ValueError) as error:
            raise Unreadable(f"could not be fetched ({error})") from None

    def require_allowed(self, address: str) -> None:
        """Raise Unreadable where nobody said that one may read there."""
        if not any(_below(address, allowed) for allowed in self._addresses):
            raise Unreadable("not below an address given with --media")

    def _read(self, media_url: str) -> bytes:
        split = urlsplit(media_url)
        if split.scheme not in ("", "file"):
            raise Unreadable("neither a file nor an http(s) address")
        name = unquote(split.path)
        try:
            for folder in self._folders:
                path = (folder / name).resolve()
                if path.is_relative_to(folder) and path.is_file():
                    with path.open("rb") as file:
                        return _bounded(file)
        except (OSError, ValueError) as error:
            raise Unreadable(f"could not be read ({getattr(error, 'strerror', None) or error})") from None
        raise Unreadable("not a file below a folder given with --media")


class _Redirects(HTTPRedirectHandler):
    """Follows a redirect only to where one may read anyway."""

    def __init__(self, places: MediaPlaces) -> None:
        self._places = places

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        try:
            self._places.require_allowed(newurl)
        except Unreadable:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _below(address: str, allowed: str) -> bool:
    """Whether an address is the allowed one or below it: the same host, and whole steps of the path.

    >>> _below("https://images.example.org/a/1.jpg", "https://images.example.org/a")
    True
    >>> _below("https://images.example.org.evil.example/a/1.jpg", "https://images.example.org")
    False
    """
    try:
        one, other = urlsplit(address), urlsplit(allowed)
        same = (one.scheme, one.hostname, one.port) == (other.scheme, other.hostname, other.port)
    except ValueError:
        return False
    path, prefix = unquote(one.path), unquote(other.path).rstrip("/")
    if not same or one.username is not None or ".." in path.split("/"):
        return False
    return path == prefix or path.startswith(f"{prefix}/")


def _bounded(file: Any) -> bytes:
    content: bytes = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise Unreadable(f"larger than {_MOST_BYTES // 1_000_000} MB")
    return content


def _embeddable(content: bytes) -> Picture:
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as found:
            if found.width * found.height > _MOST_PIXELS:
                raise Unreadable(f"larger than {_MOST_PIXELS // 1_000_000} million pixels")
            upright = ImageOps.exif_transpose(found)
            width, height = upright.size
            flat = upright.convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise Unreadable("not a picture that can be read") from None
    flat.thumbnail((_SIDE_PX, _SIDE_PX))
    written = BytesIO()
    flat.save(written, "JPEG", quality=_JPEG_QUALITY)
    return Picture("image/jpeg", written.getvalue(), width, height)
