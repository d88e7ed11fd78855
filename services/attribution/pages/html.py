"""The landing page as HTML, pure: one document, no script, no picture, nothing from another host."""

import base64
import hashlib
from dataclasses import dataclass
from html import escape

STYLE = """
:root{color-scheme:light dark;font:18px/1.5 system-ui,sans-serif;--ink:#1b1b1f;--paper:#fff;--quiet:#4a4a52;
--strong:#0b4f9c;--on-strong:#fff;--edge:#77777f}
@media (prefers-color-scheme:dark){:root{--ink:#f2f2f5;--paper:#16161a;--quiet:#c3c3cc;--strong:#a9cdff;
--on-strong:#0a1b30;--edge:#8d8d97}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink)}
main{max-width:34rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 1rem;overflow-wrap:anywhere}
p{margin:0 0 1rem;white-space:pre-line;overflow-wrap:anywhere}
.who{color:var(--quiet);margin-bottom:.5rem}
.code{border:1px dashed var(--edge);border-radius:.5rem;padding:.75rem 1rem}
code{font:600 1.25rem ui-monospace,monospace;user-select:all;overflow-wrap:anywhere}
a.go{display:inline-block;background:var(--strong);color:var(--on-strong);text-decoration:none;font-weight:600;
padding:.8rem 1.6rem;border-radius:.5rem;min-height:44px}
a.go:focus-visible{outline:3px solid var(--ink);outline-offset:3px}
.disclosure{color:var(--quiet);margin-top:2rem}
""".strip()

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# Nothing may be loaded, sent or framed; the one style sheet is named by its hash.
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Content:
    """What a page shows. `href` is a path on the page's own host."""

    language: str
    title: str
    brand: str
    creator: str
    offer: str | None
    code: str | None
    button: str
    href: str
    disclosure: str


def render(content: Content) -> str:
    """The whole document. The disclosure stands above the button, where it is read before anybody goes on."""
    offer = f"<p>{escape(content.offer)}</p>" if content.offer else ""
    code = (
        f'<p class="code"><span id="code-label">Code: </span><code aria-labelledby="code-label">'
        f"{escape(content.code)}</code></p>"
        if content.code
        else ""
    )
    return (
        f'<!doctype html><html lang="{escape(content.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex"><link rel="icon" href="data:,">'
        f"<title>{escape(content.title)}</title><style>{STYLE}</style></head><body><main>"
        f'<p class="who">{escape(content.creator)} &amp; {escape(content.brand)}</p>'
        f"<h1>{escape(content.title)}</h1>{offer}{code}"
        f'<p class="disclosure">{escape(content.disclosure)}</p>'
        f'<p><a class="go" href="{escape(content.href)}" rel="nofollow">{escape(content.button)}</a></p>'
        "</main></body></html>"
    )
