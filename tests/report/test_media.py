"""Pictures come only from where somebody said, and only as pixels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from streams.adapters.media import MediaPlaces
from streams.errors import ConfigurationError
from streams.report import Picture


def jpeg(width: int = 40, height: int = 20, turned: bool = False) -> bytes:
    out = BytesIO()
    exif = Image.Exif()
    if turned:
        exif[0x0112] = 6  # orientation: to be turned by a quarter to be seen as it was taken
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`pictures` may be read; `secret.jpg` lies beside it."""
    (tmp_path / "pictures" / "street one").mkdir(parents=True)
    (tmp_path / "secret.jpg").write_bytes(jpeg())
    (tmp_path / "pictures" / "a.jpg").write_bytes(jpeg())
    (tmp_path / "pictures" / "street one" / "b.jpg").write_bytes(jpeg(turned=True))
    (tmp_path / "pictures" / "page.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
    (tmp_path / "pictures" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    return tmp_path / "pictures"


@pytest.fixture
def server(folder: Path) -> Iterator[str]:
    """Serves the folder; `/away` redirects out of what may be read, `/round` within it."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            targets = {"/street%20one/away": "/secret/x.jpg", "/street%20one/round": "/street%20one/b.jpg"}
            if self.path in targets:
                self.send_response(302)
                self.send_header("Location", targets[self.path])
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with Served(partial(Handler, directory=str(folder))) as address:
        yield address


class Served:
    """A server in a thread, on a free port."""

    def __init__(self, handler: Callable[..., BaseHTTPRequestHandler]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def picture(place: Path | str, media_url: str) -> Picture | str:
    return MediaPlaces([str(place)]).picture(media_url)


def test_a_file_below_the_folder_is_embedded_by_its_relative_path_its_path_or_its_file_url(folder: Path) -> None:
    for url in ("a.jpg", str(folder / "a.jpg"), f"file://{folder}/a.jpg", "street one/../a.jpg"):
        found = picture(folder, url)
        assert isinstance(found, Picture), url
        assert (found.media_type, found.width_px, found.height_px) == ("image/jpeg", 40, 20)


@pytest.mark.parametrize(
    "url",
    ["../secret.jpg", "street one/../../secret.jpg", "..%2Fsecret.jpg", "link.jpg", "/etc/passwd", "none.jpg", "\0"],
)
def test_nothing_outside_the_folder_is_read_by_dots_links_or_absolute_paths(folder: Path, url: str) -> None:
    found = picture(folder, url)

    assert isinstance(found, str)
    assert "not a file below" in found or "could not be read" in found


def test_a_picture_that_a_camera_took_sideways_stands_upright(folder: Path) -> None:
    found = picture(folder, "street one/b.jpg")

    assert isinstance(found, Picture)
    assert (found.width_px, found.height_px) == (20, 40)


def test_what_is_no_picture_is_not_embedded_least_of_all_a_page(folder: Path) -> None:
    assert picture(folder, "page.svg") == "not a picture that can be read"


def test_a_picture_is_made_no_larger_than_the_page_can_show_but_keeps_its_measures(folder: Path) -> None:
    (folder / "large.jpg").write_bytes(jpeg(4_000, 1_000))

    found = picture(folder, "large.jpg")

    assert isinstance(found, Picture)
    assert (found.width_px, found.height_px) == (4_000, 1_000)
    assert Image.open(BytesIO(found.content)).size == (1_600, 400)


def test_a_small_file_that_holds_far_too_many_pixels_is_refused(folder: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(folder / "bomb.png")

    assert isinstance(picture(folder, "bomb.png"), str)


def test_an_address_below_an_allowed_one_is_fetched_and_redirects_within_it_are_followed(server: str) -> None:
    for url in (f"{server}/street%20one/b.jpg", f"{server}/street%20one/round"):
        assert isinstance(picture(f"{server}/street%20one", url), Picture), url


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/a.jpg", "not below an address"),
        ("/street%20one/../a.jpg", "not below an address"),
        ("/street%20one/away", "not below an address"),
        ("/street%20one/none.jpg", "answered with 404"),
    ],
)
def test_other_addresses_are_not_fetched_nor_those_that_a_redirect_leads_to(
    server: str, path: str, reason: str
) -> None:
    found = picture(f"{server}/street%20one", f"{server}{path}")

    assert isinstance(found, str)
    assert reason in found


@pytest.mark.parametrize(
    "url",
    [
        "http://images.example.org.evil.example/a.jpg",
        "http://user@images.example.org/a.jpg",
        "https://images.example.org/a.jpg",
        "http://images.example.org:81/a.jpg",
        "http://[broken/a.jpg",
        "ftp://images.example.org/a.jpg",
        "data:image/png;base64,AA",
    ],
)
def test_an_address_that_only_looks_like_the_allowed_one_is_not_fetched(url: str) -> None:
    assert isinstance(picture("http://images.example.org", url), str)


def test_a_place_that_is_neither_folder_nor_address_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected a folder or an http"):
        MediaPlaces([str(tmp_path / "none")])
