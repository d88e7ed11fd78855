"""A campaign's report as a table for a terminal."""

from typing import Any

from services.console.output import print_table
from services.console.screen import screen

COLUMNS = ["creator", "hits", "clicks", "code uses", "conversions", "revenue", "refunds", "cost", "return", "next"]


def show_report(report: dict[str, Any]) -> None:
    """Print it as it stands: notice first, unknown as `unknown`, unattributed and excluded as lines of their own."""
    if report.get("notice"):
        screen.print(f"[bold red]{report['notice']}[/bold red]")
    place = f"as of {report['as_of']}, {report['timezone']}, model {report['model']}"
    screen.print(f"[bold]{report['campaign_name']}[/bold], {place}")
    for line in report["goals"]:
        reached = line["actual"]["value"]
        screen.print(
            f"Goal {line['goal']['metric']}: {'unknown' if reached is None else reached} of {line['target']:g}"
        )
    currency = report.get("currency") or ""
    rows = [_row(one["partner_name"], one, currency, one.get("next_action") or "") for one in report["creators"]]
    rows.append(_row("all creators", report["totals"], currency, ""))
    print_table(COLUMNS, rows)
    for line in report["unattributed"]:
        amount = _money(line["amount_minor"], line.get("currency") or "")
        screen.print(f"Unattributed: {line['conversions']} {line['kind']}, {amount}: {line['reason']}")
    for line in report["excluded_hits"]:
        screen.print(f"Excluded hits: {line['hits']} {line['verdict']}{_because(line.get('reason'))}")
    for line in report["missing"]:
        screen.print(f"Missing: {line['what']}: {line['why']}")


def _row(name: str, columns: dict[str, Any], currency: str, action: str) -> list[Any]:
    engagement, conversion, money = columns["engagement"], columns["conversion"], columns["money"]
    ratio = money["return_ratio"]["value"]
    return [
        name,
        engagement["hits"]["value"],
        engagement["human_clicks"]["value"],
        conversion["code_uses"]["value"],
        conversion["conversions"]["value"],
        _money(conversion["revenue"]["value"], currency),
        _money(conversion["refunds"]["value"], currency),
        _money(money["total"]["value"], currency),
        None if ratio is None else f"{ratio:.2f}",
        action,
    ]


def _money(minor: int | None, currency: str) -> str | None:
    # babel knows how many minor units a currency has; the amount itself stays an integer
    from decimal import Decimal

    from babel.numbers import format_currency, get_currency_precision

    if minor is None:
        return None
    if not currency:
        return str(minor)
    return format_currency(Decimal(minor).scaleb(-get_currency_precision(currency)), currency, locale="en")


def _because(reason: str | None) -> str:
    return f" ({reason})" if reason else ""
