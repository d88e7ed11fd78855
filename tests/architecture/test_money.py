"""No float stands in the path of money: from what is told to credits, refunds, commissions and the ledger."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "services/attribution"
PATH = sorted(
    [
        ROOT / "shared/rules/money.py",
        SERVICE / "model.py",
        *(SERVICE / "models").glob("*.py"),
        *(SERVICE / "ledger").glob("*.py"),
        *(SERVICE / "receivers").glob("*.py"),
        *(SERVICE / "rates").glob("*.py"),
        SERVICE / "tables/rates.py",
        SERVICE / "reports/currencies.py",
        ROOT / "shared/schemas/rates.py",
        *(
            SERVICE / "conversions" / f"{name}.py"
            for name in ("deciding", "facts", "refunds", "settling", "repository")
        ),
    ]
)


def floats(source: str) -> list[str]:
    """What makes a float: a literal, a call or an annotation of float, a true division of anything but Decimals."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            found.append(f"line {node.lineno}: {node.value}")
        if isinstance(node, ast.Name) and node.id == "float":
            found.append(f"line {node.lineno}: float")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


# Divisions that make no float: of a Decimal, of a Fraction, and of a span of time.
KNOWN = {"Decimal(total_minor) / count", "Fraction(weight) * size / total", "waited / 2"}


@pytest.mark.parametrize("path", PATH, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_path_of_money_has_no_float(path: Path) -> None:
    assert [one for one in floats(path.read_text()) if one.partition(": ")[2] not in KNOWN] == []


@pytest.mark.parametrize("source", ["x = amount * 0.1", "x = float(amount)", "def f(x: float): ...", "x = amount / 3"])
def test_a_float_is_noticed(source: str) -> None:
    assert floats(source)
