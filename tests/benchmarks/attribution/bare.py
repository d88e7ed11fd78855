"""What a redirect costs without any work: a Starlette route, under the same server and settings as ours."""

import os

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def redirect(_: Request) -> Response:
    return Response(
        status_code=302, headers={"location": "https://shop.example.com/spring", "cache-control": "no-store"}
    )


def main() -> None:
    app = Starlette(routes=[Route("/r/{slug}", redirect)])
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    main()
