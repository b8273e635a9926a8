#!/usr/bin/env python3
"""Every option is told everywhere in the same way: --help, the man page and the completions of bash, zsh and fish name the same
options with the same letters, arguments and values, no more and no fewer."""
import os
import re
import subprocess
import sys

SOURCE = os.environ.get("TLSWHY_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
NAME = r"[a-z][a-z-]*"


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
        return f.read()


# Each reader gives {name: (letter or "", takes an argument)}.

def from_help(text):
    rows = re.findall(rf"^  (?:-(\w), |    )--({NAME})( [A-Z]+)?", text, re.MULTILINE)
    return {name: (letter, bool(argument)) for letter, name, argument in rows}


def from_man(text):
    rows = re.findall(rf"^\.It (?:Fl (\w) , )?Fl -({NAME})( Ar [A-Z]+)?$", text, re.MULTILINE)
    return {name: (letter, bool(argument)) for letter, name, argument in rows}


def from_zsh(text):
    found = {}
    for line in re.findall(r"^    '.*", text, re.MULTILINE):
        both = re.search(rf"\{{-(\w),--({NAME})(=?)\}}", line)
        alone = re.search(rf"'\*?--({NAME})(=?)\[", line)
        if both:
            found[both[2]] = (both[1], bool(both[3]))
        elif alone:
            found[alone[1]] = ("", bool(alone[2]))
    return found


def from_fish(text):
    rows = re.findall(rf"^complete -c tlswhy (?:-s (\w) )?-l ({NAME})( -[rx])?", text, re.MULTILINE)
    return {name: (letter, bool(argument)) for letter, name, argument in rows}


def from_bash(text):
    offered = re.search(r'compgen -W "\n(.*?)"', text, re.DOTALL)[1].split()
    cases = re.findall(r"^        (--[^)]*)\)", text, re.MULTILINE)
    with_argument = {word for case in cases for word in re.findall(rf"--({NAME})", case)}
    # An option whose argument is a file falls through to the files.
    with_argument |= {"read"}
    found, letter = {}, ""
    for word in offered:
        if word.startswith("--"):
            found[word[2:]] = (letter, word[2:] in with_argument)
            letter = ""
        else:
            letter = word[1:]
    return found


# {name: list of values}.

def values_in_zsh(text):
    found = dict(re.findall(rf"--({NAME})=\[[^]]*\]:\w+:\(([^)]*)\)'", text))
    found.update(re.findall(rf"--({NAME})=\[[^]]*\]:\w+:_values -s , \w+ ([^']*)'", text))
    return {name: values.split() for name, values in found.items()}


def values_in_fish(text):
    return {name: values.split() for name, values in re.findall(rf"-l ({NAME}) -x -a '([^']*)'", text)}


def values_in_bash(text):
    return {name: values.split() for name, values in re.findall(rf'^ *--({NAME})\) values="([^"]*)"', text, re.MULTILINE)}


def values_in_man(text):
    sections = re.split(r"^\.It ", text, flags=re.MULTILINE)
    found = {}
    for section in sections:
        name = re.match(rf"(?:Fl \w , )?Fl -({NAME}) Ar", section)
        values = re.findall(r"^\.Cm ([a-z-]+)", section, re.MULTILINE)
        if name and values and name[1] != "verdict":
            found[name[1]] = values
    return found


def values_of_program(program, name):
    """What the program says it takes; None when it takes anything."""
    done = subprocess.run([program, f"--{name}", "\x01"], capture_output=True, text=True, check=False)
    listed = re.search(r"is none of (.*)$", done.stderr, re.MULTILINE)
    return listed[1].split(", ") if listed else None


def differences(where, found, expected):
    for name in sorted(set(found) | set(expected)):
        if found.get(name) != expected.get(name):
            yield f"{where}: --{name}: {found.get(name)}, but the program has {expected.get(name)}"


def main():
    program = os.environ.get("TLSWHY")
    if not program:
        print("skipped: there is no program to ask (TLSWHY is not set)")
        return 77
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    options = from_help(done.stdout)
    man, zsh = read("man/tlswhy.1"), read("man/completions/_tlswhy")
    fish, bash = read("man/completions/tlswhy.fish"), read("man/completions/tlswhy.bash")
    complaints = [] if "help" in options and len(options) > 10 else [f"--help cannot be read: {options}"]
    for where, found in (("man page", from_man(man)), ("zsh", from_zsh(zsh)), ("fish", from_fish(fish)), ("bash", from_bash(bash))):
        complaints += differences(where, found, options)
    values = {name: values_of_program(program, name) for name, (_, takes) in options.items() if takes}
    values = {name: listed for name, listed in values.items() if listed}
    for where, found in (("man page", values_in_man(man)), ("zsh", values_in_zsh(zsh)), ("fish", values_in_fish(fish)),
                         ("bash", values_in_bash(bash))):
        complaints += differences(where, found, values)
    if subprocess.run(["bash", "-n", os.path.join(SOURCE, "man/completions/tlswhy.bash")], check=False).returncode:
        complaints.append("bash does not take its completion")
    print("\n".join(complaints))
    print(f"{len(options)} options, {len(values)} with listed values, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
