#!/usr/bin/env python3
"""HTML and Markdown reports of every capture in pcaps/: HTML is balanced, loads nothing, runs nothing but its own script, whose
hash its policy names; Markdown, as CommonMark renders it, holds no link, no image and no HTML but what it folds by."""
import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

ROOT = os.environ.get("TLSWHY_SOURCE") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
VOID = {"meta", "link", "br", "input", "hr", "img"}
ELEMENTS = {"html", "head", "meta", "title", "style", "body", "a", "main", "h1", "h2", "h3", "h4", "div", "dl", "dt", "dd", "section",
            "article", "span", "p", "bdi", "code", "pre", "figure", "details", "summary", "table", "caption", "thead", "tbody", "tr",
            "th", "td", "script"}
PICTURES = {"svg", "title", "desc", "defs", "pattern", "g", "line", "rect", "path", "polygon", "text", "tspan", "circle"}
MARKDOWN_ELEMENTS = {"h1", "h2", "h3", "h4", "p", "ul", "li", "strong", "code", "pre", "br", "details", "summary",
                     "table", "thead", "tbody", "tr", "th", "td"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.complaints, self.ids, self.targets, self.heads, self.text = [], [], set(), [], [], {}

    def complain(self, what):
        self.complaints.append(f"line {self.getpos()[0]}: {what}")

    def handle_starttag(self, tag, attrs):
        allowed = PICTURES if "svg" in self.open or tag == "svg" else ELEMENTS
        if tag not in allowed:
            self.complain(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "src", "srcset", "xlink:href", "action"):
                self.complain(f"<{tag} {name}>")
            if name == "href":
                self.targets.append(value)
            if name == "id" and value in self.ids:
                self.complain(f"id {value} twice")
            if name == "id":
                self.ids.add(value)
        if tag == "th" and dict(attrs).get("scope") not in ("row", "col"):
            self.complain("a table header without scope")
        if tag == "svg" and "role" not in dict(attrs):
            self.complain("a picture without a role")
        if re.fullmatch("h[1-6]", tag):
            self.heads.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.complain(f"</{tag}> in {self.open[-3:]}")
        if tag in self.open:
            del self.open[len(self.open) - 1 - self.open[::-1].index(tag):]

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            self.text[self.open[-1]] = self.text.get(self.open[-1], "") + data


def check_html(text):
    page = Page()
    page.feed(text)
    page.close()
    complaints = page.complaints + [f"<{tag}> is not closed" for tag in page.open]
    complaints += [f"a link to {target}" for target in page.targets if target[:1] != "#" or target[1:] not in page.ids]
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    if not policy or "default-src 'none'" not in policy.group(1) or "unsafe" in policy.group(1):
        complaints.append("no strict Content-Security-Policy")
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.text.get(tag, "").encode()).digest()).decode()
        if policy and f"{tag}-src 'sha256-{digest}'" not in policy.group(1):
            complaints.append(f"the policy does not name the hash of <{tag}>")
    if page.heads[:1] != [1] or any(b > a + 1 for a, b in zip(page.heads, page.heads[1:])):
        complaints.append(f"headings out of order: {page.heads}")
    if not re.match(r'<!DOCTYPE html>\s*<html lang="en">', text) or not re.search(r"<title>[^<]+</title>", text):
        complaints.append("no doctype, language or title")
    return complaints


def check_markdown(text, render):
    html = render(text)
    complaints = [f"<{tag}>" for tag in sorted(set(re.findall(r"<([a-z0-9]+)", html)) - MARKDOWN_ELEMENTS)]
    if html.count("<details>") != html.count("</details>"):
        complaints.append("<details> is not closed")
    prose = re.sub(r"<code[^>]*>.*?</code>", "", html, flags=re.DOTALL)
    prose = re.sub(r"<[^>]*>", "", prose)
    complaints += [f"outside of code: {found}" for found in re.findall(r"@\w\S*|#\d+|!\d+|www\.\S*|\w+://\S*", prose)[:3]]
    complaints += [f"begins with a quick action: {line[:40]}" for line in text.splitlines() if re.match(r"\s*/\w", line)][:3]
    return complaints


def render_gfm(text):
    """As GitHub does, with its tables and its links out of bare addresses."""
    result = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough"], check=True,
                            input=text.encode(), capture_output=True)
    return result.stdout.decode()


def renderer():
    return render_gfm if shutil.which("cmark-gfm") else None


def write(program, capture, form):
    environment = dict(os.environ, LC_ALL="C", SOURCE_DATE_EPOCH="1795305600")
    result = subprocess.run([program, "--trust", "lab=pcaps/pki/roots.pem", "--format", form, capture], capture_output=True,
                            check=False, timeout=120, env=environment, stdin=subprocess.DEVNULL, cwd=ROOT)
    return result.stdout.decode() if result.returncode == 0 else None


def main():
    program = os.path.abspath(os.environ.get("TLSWHY") or os.path.join(ROOT, "build", "release", "tlswhy"))
    folder = os.path.join(ROOT, "pcaps")
    captures = sorted(f for f in os.listdir(folder) if re.search(r"\.(pcap|pcapng)(\.\w+)?$", f))
    if not os.access(program, os.X_OK) or not captures:
        print(f"skipped: {program} is not built, or there are no captures")
        sys.exit(77)
    render = renderer()
    complaints = []
    for name in captures:
        page = write(program, f"pcaps/{name}", "html")
        complaints += [f"{name}, html: {c}" for c in (check_html(page) if page else ["no report"])]
        page = write(program, f"pcaps/{name}", "markdown") if render else None
        complaints += [f"{name}, markdown: {c}" for c in (check_markdown(page, render) if page else [])]
    print("\n".join(complaints[:40]))
    print(f"{len(captures)} captures, {len(complaints)} complaints"
          + ("" if render else "; Markdown was not rendered: cmark-gfm is missing"))
    sys.exit(1 if complaints else 77 if not render else 0)


if __name__ == "__main__":
    main()
