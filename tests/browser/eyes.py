"""A page that is watched: what its console says, what its policy refuses, its looks, whom it shuts out."""

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.processes import ROOT

OUT = Path(__file__).parent / "out"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.0 Mobile/15E148 Safari/604.1"
)
# The scripts of Playwright itself stand outside the page's policy.
_VIOLATIONS = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
        window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
# What would keep somebody out, by the rules of WCAG 2.2 AA; the rest is advice.
_BARRIERS = """async () => {
    const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    // The inside of a dialog, looked at by itself, has neither a head nor a style sheet.
    const off = document.doctype ? [] : ["document-title", "html-has-lang", "target-size"];
    const rules = Object.fromEntries(off.map((rule) => [rule, {enabled: false}]));
    const found = await axe.run(document, {runOnly, rules, resultTypes: ["violations"]});
    return found.violations
        .filter((rule) => ["serious", "critical"].includes(rule.impact))
        .map((rule) => [rule.id, ...rule.nodes.slice(0, 3).map((node) => node.target.join(" "))].join(" | "));
}"""
# Words that end behind the window's edge, where nobody can scroll to them.
_SPILLED = """() => [...document.querySelectorAll("main *, #main *")].filter((one) => {
    const box = one.getBoundingClientRect();
    if (one.children.length || !one.textContent.trim()) return false;
    if (box.width < 2 || box.right <= innerWidth + 1) return false;
    for (let around = one; around; around = around.parentElement) {
        const style = getComputedStyle(around);
        if (style.visibility === "hidden" || style.position === "fixed") return false;
        if (["auto", "scroll"].includes(style.overflowX)) return false;
    }
    return true;
}).slice(0, 3).map((one) => one.textContent.trim().slice(0, 40))"""
# Once for each page and language: a look takes a quarter of a second.
_searched: set[tuple[str, str]] = set()


@dataclass
class Eyes:
    """A page and everything that it complained about."""

    page: Page
    name: str
    language: str = ""
    has_scripts: bool = True
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page = self.page
        page.add_init_script(_VIOLATIONS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._complain("script", str(error)))
        page.on("requestfailed", self._miss)

    def _miss(self, asked: Request) -> None:
        # What the browser drops when a page is left (an icon still on its way) is no fault of the page.
        if asked.failure != "net::ERR_ABORTED":
            self._complain("request", f"{asked.url} {asked.failure}")

    def see(self, title: str) -> None:
        """Keep a picture; complain of what is wider than the window and of what shuts somebody out."""
        OUT.mkdir(exist_ok=True)
        self.page.screenshot(path=OUT / f"{self.name}-{title}.png", full_page=True)
        wider = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wider > 0:
            self._complain("width", f"{title} is {wider} px wider than the window")
        for text in self.page.evaluate(_SPILLED):
            self._complain("width", f"{title}: “{text}” is cut off at the edge")
        self.check_policy()
        if self.has_scripts and (self.language, title) not in _searched:
            _searched.add((self.language, title))
            self._search_for_barriers(title)

    def _search_for_barriers(self, title: str) -> None:
        self.page.evaluate(AXE.read_text())
        for barrier in self.page.evaluate(_BARRIERS):
            self._complain("barrier", f"{title}: {barrier}")

    def check_policy(self) -> None:
        """Complain of what the page's policy has refused so far."""
        for refused in self.page.evaluate("window.violations ?? []"):
            self._complain("policy", refused)

    def _hear(self, said: ConsoleMessage) -> None:
        # "verbose" is what Chromium advises developers who ask for it.
        if said.type != "verbose":
            self._complain("console", f"{said.type}: {said.text}")

    def _complain(self, kind: str, said: str) -> None:
        # A document that Chromium itself reports as 4xx is no complaint: error pages are looked at too.
        if "Failed to load resource: the server responded with a status of 4" in said:
            return
        self.complaints.append(f"{kind}: {said} ({self.page.url})")


def open_eyes(
    browser: Browser, name: str, *, language: str, width: int, theme: str = "light", scripts: bool = True
) -> Eyes:
    """A fresh browser profile of a phone or a desktop, with one watched page."""
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 780},
        locale={"zh": "zh-CN", "en": "en-GB"}[language],
        color_scheme="dark" if theme == "dark" else "light",
        java_script_enabled=scripts,
        user_agent=PHONE if width < 640 else None,
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    return Eyes(context.new_page(), name, language, scripts)
