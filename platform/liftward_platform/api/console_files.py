"""Serves the built console; every path that is not a file is the console's own business.

`make setup` builds it into `api/console/`. Without it a plain page says so.
"""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import FileResponse, HTMLResponse, Response

from liftward_platform.access.guard import public
from liftward_platform.errors import NotFoundError

router = APIRouter(include_in_schema=False)

# Vite puts a hash of the content into the names under assets/: they never change. The page does.
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Liftward</title>
<h1>Liftward</h1>
<p>The API is running; the console has not been built here: run <code>make setup</code>.</p>
<p lang="zh-CN">接口已运行；尚未构建控制台：请运行 <code>make setup</code>。</p>
</html>
"""


def console_folder() -> Path:
    """Return where the console's files are, built or not."""
    return Path(str(files("liftward_platform.api"))) / "console"


Folder = Annotated[Path, Depends(console_folder)]


@router.api_route("/{path:path}", methods=["GET", "HEAD"], dependencies=[public])
def console(path: str, folder: Folder) -> Response:
    """Return a file of the console, or the page that makes sense of the path itself."""
    if path == "api" or path.startswith("api/") or "\0" in path:
        raise NotFoundError("not_found", "there is no such endpoint")
    file = (folder / path).resolve()
    if path and file.is_relative_to(folder.resolve()) and file.is_file():
        is_asset = file.is_relative_to(folder.resolve() / "assets")
        return FileResponse(file, headers={"Cache-Control": _FOREVER if is_asset else _ASK_AGAIN})
    if path.startswith("assets/"):
        raise NotFoundError("not_found", "this file belongs to another build: reload the page")
    page = folder / "index.html"
    if not page.is_file():
        return HTMLResponse(_NOT_BUILT, headers={"Cache-Control": _ASK_AGAIN})
    return FileResponse(page, headers={"Cache-Control": _ASK_AGAIN})
