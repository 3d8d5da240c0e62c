"""The gate's own pages: signing in, who is signed in, and a refusal. No script, no outside address. Pure."""

from html import escape
from pathlib import Path

from governance.registry.access import Role
from governance.registry.acting import Visitor

MAY = {
    Role.VIEWER: "You read runs, verdicts, cases and pages. You change nothing.",
    Role.OWNER: "You read everything, take steps on cases in your own name, and answer what waits for you.",
    Role.OPERATOR: "You read everything, start, pause, retry and cancel runs. Cases are acted on by their owners.",
}
_STYLE = Path(__file__).with_name("style.css").read_text("utf-8")
FIRST_UI = Path(__file__).with_name("first_ui.js").read_text("utf-8")
"""The one script that the gate adds to Prefect's pages; it says itself why."""


def login_page(next_path: str, *, user: str = "", problem: str = "") -> str:
    """The form; `problem` says why the last try did not let them in."""
    alert = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    first, second = ("", " autofocus") if user else (" autofocus", "")
    return _page(
        "Sign in",
        f"""<h1>AI management system</h1>
<p>Runs, cases and evidence of the AI systems in use here.</p>{alert}
<form method="post" action="/login">
<input type="hidden" name="next" value="{escape(next_path)}">
<label for="user">Your id</label>
<input id="user" name="user" value="{escape(user)}" autocomplete="username" autocapitalize="none" spellcheck="false"
 required{first}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{second}>
<button>Sign in</button>
</form>""",
    )


def home_page(visitor: Visitor, *, may_leave: bool) -> str:
    """Who is signed in, what they may do, and the way out (none when a proxy has let them in)."""
    leave = '<form method="post" action="/logout"><button class="plain">Sign out</button></form>' if may_leave else ""
    return _page(
        "Who is signed in",
        f"""<h1>{escape(visitor.name or visitor.id)}</h1>
<p>{escape(visitor.id)} · {visitor.role}. {MAY[visitor.role]}</p>
<a class="go" href="/runs">Runs</a>
<a class="go plain" href="/deployments">Forms and deployments</a>{leave}""",
    )


def again_page(path: str) -> str:
    """Come again from here: a strict cookie is not sent when the link stood in another site, such as web mail."""
    refresh = f'<meta http-equiv="refresh" content="0; url={escape(path)}">'
    return _page("One moment", f'<h1>One moment</h1><p><a href="{escape(path)}">Go on</a></p>', refresh)


def refusal_page(reason: str) -> str:
    """Why not, in plain words."""
    return _page("Not here", f'<h1>Not here</h1><p>{escape(reason)}</p><a class="go" href="/">Back</a>')


def signed_in_mark(visitor: Visitor) -> str:
    """What Prefect's pages get: the script above, and a small mark with who is signed in and the way to sign out."""
    style = (
        "position:fixed;left:50%;transform:translateX(-50%);bottom:0;z-index:2147483647;padding:1px 12px;"
        "border-radius:8px 8px 0 0;background:#1b2430;color:#fff;font:12px/1.6 system-ui,sans-serif;"
        "text-decoration:none"
    )
    mark = f'<a id="aims-gate" href="/gate" style="{style}">{escape(visitor.id)} · {visitor.role}</a>'
    return f'<script src="/gate/first_ui.js"></script>{mark}'


def _page(title: str, body: str, head: str = "") -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">{head}
<title>{escape(title)} · AI management system</title><style>{_STYLE}</style></head>
<body><main>{body}</main></body></html>
"""
