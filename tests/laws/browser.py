#!/usr/bin/env python3
"""HTML reports in a real browser: Chromium without a window, driven by ChromeDriver. Of several stories, of hostile names and of
thousands of connections: no message on the console, nothing loaded; whole without script; folding, sorting and filtering with
it, by keyboard, too; light, dark, narrow and on paper; no violation of WCAG 2.2 AA as axe-core sees it.

Skipped (77) where chromium, chromium-driver or python3-selenium is missing. axe-core is TLSWHY_AXE, or where tests/run.sh
--install puts it; without it the rest is tested, and the end is 77, too."""
import base64
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.environ.get("TLSWHY_SOURCE") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
AXE = os.environ.get("TLSWHY_AXE") or os.path.join(ROOT, "build", "axe-core", "axe.min.js")
DRIVER = shutil.which("chromedriver") or "/usr/bin/chromedriver"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NARROW, WIDE = 360, 1440
PAPER_MM = (210, 297)
MARGIN_MM = 15
MANY_MB, MANY_CONNECTIONS = 12, 1500
OPENS_WITHIN_S = 5
HOSTILE = (0, 3, 5, 7, 25, 26)
STORIES = {
    "missing-intermediate": ["missing-intermediate-aia"], "intercepted": ["--compare", "compare-inside", "compare-outside"],
    "no-shared-cipher": ["no-shared-cipher-tls12"], "ssl3-only": ["ssl3-only-server"], "http-on-443": ["http-on-443"],
    "client-certificate": ["client-cert-expired-tls13"], "verbose": ["-v", "missing-intermediate-aia"],
    "several": ["expired-tls12", "http-on-443", "hello-unanswered", "version-too-old-client", "alpn-http11"],
    "packets-lost": ["hello-blackholed"],
}
failures = []


def check(is_right, text):
    if not is_right:
        failures.append(text)
        print("FAILED:", text[:600], flush=True)


# ---- reports

def capture_path(name):
    folder = os.path.join(ROOT, "pcaps")
    found = sorted(f for f in os.listdir(folder) if re.fullmatch(re.escape(name) + r"\.pcap(ng)?(\.\w+)?", f))
    return os.path.join(folder, found[0]) if found else None


def write_report(program, path, arguments):
    environment = dict(os.environ, LC_ALL="C", SOURCE_DATE_EPOCH="1795305600")
    subprocess.run([program, "--trust", "lab=pcaps/pki/roots.pem", "--format", "html", "-o", path, *arguments], check=True,
                   timeout=300, env=environment, stdin=subprocess.DEVNULL, cwd=ROOT)
    return path


def write_stories(program, folder):
    for title, arguments in STORIES.items():
        words = [a if a.startswith("-") else capture_path(a) for a in arguments]
        if None in words:
            check(False, f"{title}: a capture of {arguments} is not in pcaps/")
            continue
        yield title, write_report(program, os.path.join(folder, f"{title}.html"), words)


def write_hostile(program, folder):
    """Names of the law of hostile names: markup, ends of lines, marks of direction, and one of 60 kB."""
    spec = importlib.util.spec_from_file_location("hostile_names", os.path.join(ROOT, "tests", "laws", "hostile_names.py"))
    law = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(law)
    for i in HOSTILE:
        capture = os.path.join(folder, f"{i} <img src=x onerror=alert(1)>&'\".pcap")
        with open(capture, "wb") as f:
            f.write(law.capture(law.HOSTILE[i]))
        yield f"hostile {i}", write_report(program, os.path.join(folder, f"hostile-{i}.html"), ["-v", capture])


def write_many(program, folder):
    tool = os.path.join(os.environ.get("TLSWHY_BUILD") or "", "tests", "bench_generate")
    if not os.access(tool, os.X_OK):
        return None
    names = ["missing-intermediate-aia", "http-on-443", "expired-tls12", "alpn-http11", "no-shared-cipher-tls12"]
    capture = os.path.join(folder, "many.pcap")
    subprocess.run([tool, "dense", str(MANY_MB), capture, *map(capture_path, names)], check=True, timeout=300,
                   stdout=subprocess.DEVNULL)
    return write_report(program, os.path.join(folder, "many.html"), [capture])


# ---- the browser

class Browser:
    def __init__(self):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        self.driver.set_page_load_timeout(120)

    def command(self, name, **arguments):
        return self.driver.execute_cdp_cmd(name, arguments)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def look(self, scheme="light", media="", width=WIDE):
        self.command("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)

    def load(self, path, has_script=True):
        self.command("Emulation.setScriptExecutionDisabled", value=not has_script)
        self.driver.get_log("performance")
        self.driver.get_log("browser")
        start = time.monotonic()
        self.driver.get("file://" + path)
        return time.monotonic() - start

    def loaded(self):
        """Addresses asked for since load()."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]

    def messages(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]


# ---- what is asked of every page

def check_console(browser, title):
    messages = browser.messages()
    check(not messages, f"{title}: the console says {messages}")


def check_load(browser, title, path):
    took = browser.load(path)
    check(took < OPENS_WITHIN_S, f"{title}: opens in {took:.1f} s")
    requests = browser.loaded()
    check(len(requests) == 1 and requests[0].startswith("file://"), f"{title}: asks for {requests[1:4]}")
    check_console(browser, title)
    check(browser.run("return document.querySelectorAll('script').length") == 1, f"{title}: scripts of strangers")


VISIBLE = """return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility(
    {contentVisibilityAuto: true, visibilityProperty: true}) && e.getBoundingClientRect().height > 0).length"""


def check_without_script(browser, title, path):
    browser.load(path, has_script=False)
    labels = browser.run("return [...document.querySelectorAll('.answer dt')].map(e => e.textContent)")
    check(labels[:1] == ["What failed"] and len(labels) == 3, f"{title}, without script: the answer has {labels}")
    check(browser.run(VISIBLE, ".answer dd") >= 3, f"{title}, without script: the answer is not seen")
    for inside in ("details dd", "article", "tbody tr", "svg"):
        all_of_it = browser.run("return document.querySelectorAll(arguments[0]).length", inside)
        seen = browser.run(VISIBLE, inside)
        check(seen == all_of_it, f"{title}, without script: {seen} of {all_of_it} {inside} are seen")
    check(browser.run("return document.querySelectorAll('button, input').length") == 0, f"{title}: idle controls without script")


def check_folding(browser, title):
    closed = browser.run("return [...document.querySelectorAll('details')].filter(d => !d.open).length")
    num = browser.run("return document.querySelectorAll('details').length")
    check(closed == num, f"{title}: {num - closed} of {num} details are open at first")
    if num > 0:
        browser.run("document.querySelector('details > summary').click()")
        check(browser.run("return document.querySelector('details').open"), f"{title}: details do not open")
        browser.run("document.querySelector('details > summary').click()")


def check_widths(browser, title, path):
    for width in (NARROW, WIDE):
        browser.look(width=width)
        browser.load(path)
        browser.run("for (const d of document.querySelectorAll('details')) d.open = true")
        wide = browser.run("return document.documentElement.scrollWidth")
        check(wide <= width, f"{title}: {wide} pixels wide on a screen of {width}")
    browser.look()


def check_schemes(browser, title, path):
    colours = {}
    for scheme in ("light", "dark"):
        browser.look(scheme)
        browser.load(path)
        colours[scheme] = browser.run("const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]")
    light, dark = ([sum(map(int, re.findall(r"\d+", c)[:3])) for c in colours[s]] for s in ("light", "dark"))
    check(light[0] > light[1] and dark[0] < dark[1], f"{title}: colours {colours}")
    browser.look()


def check_paper(browser, title, path):
    """All is on paper, no picture is cut, and nothing runs off its side."""
    inner = [(side - 2 * MARGIN_MM) * 96 / 25.4 for side in PAPER_MM]
    browser.look(scheme="dark", media="print", width=int(inner[0]))
    browser.load(path)
    browser.run("dispatchEvent(new Event('beforeprint'))")
    # Parts of details are shown by their pseudo-element, whatever `open` says.
    tall = browser.run("""return [...document.querySelectorAll('svg')].map(s => s.getBoundingClientRect())
        .filter(r => r.height > arguments[0] || r.right > arguments[1] + 1).map(r => [r.right, r.height])""", inner[1], inner[0])
    check(not tall, f"{title}, printed: pictures larger than the page {inner}: {tall[:3]}")
    splits = browser.run("return [...document.querySelectorAll('svg')].filter(s => getComputedStyle(s).breakInside !== 'avoid').length")
    check(splits == 0, f"{title}, printed: {splits} pictures may be cut by a page's end")
    wide = browser.run("return document.documentElement.scrollWidth")
    check(wide <= inner[0] + 1, f"{title}, printed: {wide} pixels wide, the paper has {inner[0]:.0f}")
    check(browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)", f"{title}: dark paper")
    browser.command("Emulation.clearDeviceMetricsOverride")
    browser.look(scheme="dark")
    height = browser.run("return document.documentElement.scrollHeight")
    browser.command("Emulation.clearDeviceMetricsOverride")
    printed = browser.command("Page.printToPDF", preferCSSPageSize=True, printBackground=True, paperWidth=PAPER_MM[0] / 25.4,
                              paperHeight=PAPER_MM[1] / 25.4)
    pdf = base64.b64decode(printed["data"])
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    check(1 <= pages <= 2 + height / 500, f"{title}, printed: {pages} pages of what is {height} pixels on screen")
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
        told = browser.run("return [...document.querySelectorAll('details dt')].map(e => e.textContent)")
        lost = [word for word in sorted(set(told)) if word not in text]
        check(not lost, f"{title}, printed: without {lost[:5]} of its details")
    browser.look()


def check_copying(browser, title, path):
    """The clipboard needs permission; without it the commands are selected."""
    for may in (True, False):
        browser.command("Browser.setPermission", permission={"name": "clipboard-write"}, setting="granted" if may else "denied")
        browser.load(path)
        buttons = browser.driver.find_elements("css selector", ".r-do .copy")
        check(len(buttons) == browser.run("return document.querySelectorAll('.r-do pre').length"), f"{title}: {len(buttons)} to copy by")
        if not buttons:
            return
        buttons[0].click()
        time.sleep(0.3)
        check(buttons[0].text == ("Copied" if may else "Selected"), f"{title}: a button to copy by says {buttons[0].text}")
        if not may:
            wanted = browser.run("return document.querySelector('.r-do pre').textContent").strip()
            check(browser.run("return String(getSelection())").strip() == wanted, f"{title}: the commands are not selected")
    check_console(browser, title)


TABLE = "document.querySelectorAll('table')[arguments[0]]"
COLUMN = f"""return [...{TABLE}.tBodies[0].rows].map(r => r.cells[arguments[1]])
    .map(c => c.dataset.v === undefined ? c.textContent : Number(c.dataset.v))"""


def natural(value):
    return value if isinstance(value, (int, float)) else [(0, int(p), "") if p.isdigit() else (1, 0, p.lower())
                                                         for p in re.split(r"(\d+)", value) if p]


def check_tables(browser, title, path):
    """The last table, by mouse and by keyboard."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    browser.load(path)
    sizes = browser.run("return [...document.querySelectorAll('table')].map(t => t.tBodies[0].rows.length)")
    num = browser.run("return document.querySelectorAll('th button').length")
    check((num > 0) == any(size > 1 for size in sizes), f"{title}: {num} buttons for tables of {sizes} rows")
    table = next((i for i in reversed(range(len(sizes))) if sizes[i] > 1), None)
    if table is None:
        return
    heads = browser.driver.find_elements("css selector", "table")[table].find_elements("css selector", "thead th")
    for column, head in enumerate(heads):
        before = browser.run(COLUMN, table, column)
        for wanted in ("ascending", "descending"):
            head.find_element("tag name", "button").click()
            now = browser.run(COLUMN, table, column)
            name = f"{title}, table {table}, column {column}"
            check(head.get_attribute("aria-sort") == wanted, f"{name}: aria-sort {head.get_attribute('aria-sort')}, not {wanted}")
            check(sorted(map(str, now)) == sorted(map(str, before)), f"{name}: sorting changed the rows")
            if all(isinstance(v, (int, float)) or re.fullmatch(r"[\w.: -]*", v) for v in now) and column in (0, 1, 2):
                order = sorted(before, key=natural, reverse=wanted == "descending")
                check([natural(v) for v in now] == [natural(v) for v in order], f"{name}: not {wanted}: {now[:5]}")
    marked = browser.run(f"return {TABLE}.querySelectorAll('th[aria-sort]').length", table)
    check(marked == 1, f"{title}: {marked} columns say that they are sorted by")

    # By keyboard alone: from the page's beginning to the table's first button.
    browser.load(path)
    button = browser.run(f"return {TABLE}.querySelector('th button')", table)
    ActionChains(browser.driver).send_keys(Keys.TAB).perform()
    skip = browser.run("const e = document.activeElement; return [e.className, e.getBoundingClientRect().left >= 0]")
    check(skip == ["skip", True], f"{title}: Tab first comes to {skip}")
    for _ in range(3000 if len(sizes) < 20 else 0):
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        if browser.run("return document.activeElement === arguments[0]", button):
            break
    reached = browser.run("return document.activeElement === arguments[0]", button)
    check(reached, f"{title}: Tab does not come to the table's first button")
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    check(outline != "none", f"{title}: the focus is not seen")
    for key, wanted in ((Keys.ENTER, "ascending"), (Keys.SPACE, "descending")):
        ActionChains(browser.driver).send_keys(key).perform()
        sort = browser.run("return document.activeElement.closest('th').getAttribute('aria-sort')")
        check(sort == wanted, f"{title}: a key sorts {sort}, not {wanted}")

    # The filter is right above its table.
    field = browser.run(f"return {TABLE}.closest('.scroll').previousElementSibling.querySelector('input')", table)
    wanted = browser.run(f"return {TABLE}.tBodies[0].rows[0].cells[0].textContent", table)
    field.send_keys(wanted)
    shown = browser.run(f"return [...{TABLE}.tBodies[0].rows].filter(r => !r.hidden && r.checkVisibility()).map(r => r.textContent)", table)
    check(0 < len(shown) <= sizes[table] and all(wanted.lower() in row.lower() for row in shown), f"{title}: the filter shows {shown[:3]}")
    count = browser.run("return arguments[0].closest('div').querySelector('[role=status]').textContent", field)
    check(count.strip() == f"{len(shown)} of {sizes[table]} rows", f"{title}: the filter says {count!r} of {len(shown)} rows")
    field.send_keys(" nothing-has-this-word")
    check(browser.run(f"return [...{TABLE}.tBodies[0].rows].filter(r => !r.hidden).length", table) == 0, f"{title}: filters nothing")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.DELETE)
    check(browser.run(f"return [...{TABLE}.tBodies[0].rows].filter(r => r.hidden).length", table) == 0, f"{title}: an empty filter hides rows")
    check_console(browser, title)


def check_accessible(browser, title, path, axe):
    for scheme in ("light", "dark"):
        browser.look(scheme)
        browser.load(path)
        browser.run("for (const d of document.querySelectorAll('details')) d.open = true")
        browser.command("Runtime.evaluate", expression=axe)
        result = browser.command("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression=f"""
            axe.run(document, {{runOnly: {json.dumps(WCAG)}, resultTypes: ['violations']}}).then(r => JSON.stringify(
                [r.passes.length, r.violations.map(v => v.id + ': ' + v.nodes.length + ' times, ' + v.nodes[0].html.slice(0, 200)
                 + ' ' + v.nodes[0].failureSummary)]))""")
        passes, violations = json.loads(result["result"].get("value") or '[0, []]')
        check(passes > 5, f"{title}, {scheme}: axe-core did not run: {result}")
        for violation in violations:
            check(False, f"{title}, {scheme}: {violation}")
    browser.look()


def main():
    program = os.path.abspath(os.environ.get("TLSWHY") or os.path.join(ROOT, "build", "release", "tlswhy"))
    missing = [name for name in ("chromium", DRIVER) if not shutil.which(name)]
    missing += [] if importlib.util.find_spec("selenium") else ["python3-selenium"]
    if missing or not os.access(program, os.X_OK):
        print(f"skipped: {', '.join(missing) or program} is missing")
        sys.exit(77)
    axe = open(AXE, encoding="utf-8").read() if os.path.exists(AXE) else None
    with tempfile.TemporaryDirectory() as folder:
        pages = [*write_stories(program, folder), *write_hostile(program, folder)]
        many = write_many(program, folder)
        browser = Browser()
        try:
            for title, path in pages:
                browser.look()
                check_load(browser, title, path)
                check_folding(browser, title)
                check_copying(browser, title, path)
                check_tables(browser, title, path)
                check_without_script(browser, title, path)
                check_widths(browser, title, path)
                check_schemes(browser, title, path)
                check_paper(browser, title, path)
                if axe:
                    check_accessible(browser, title, path, axe)
            if many:
                browser.look()
                check_load(browser, "many", many)
                rows = browser.run("return document.querySelectorAll('tbody tr').length")
                check(rows >= MANY_CONNECTIONS, f"many: {rows} rows")
                check_widths(browser, "many", many)
        finally:
            browser.driver.quit()
    print(f"{len(pages) + (many is not None)} pages, {len(failures)} failures"
          + ("" if axe else f"; axe-core is missing ({AXE}): WCAG was not checked")
          + ("" if many else "; bench_generate is missing: no page of many connections"))
    sys.exit(1 if failures else 0 if axe and many else 77)


if __name__ == "__main__":
    main()
