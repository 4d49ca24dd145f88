"""Counts references in a git history with plain git, and compares them with `readback links --json`.

    python3 links.py REPO LINKS.json NAMES [EXCLUDED...]

REPO is the repository, LINKS.json what `readback links --limit 0 --json` printed of it, NAMES a file with
lines for each write-up: its id, a text that every reference of this form holds, and a regular expression
that fits it, with tabs between them. EXCLUDED are globs over paths that the source leaves out. Compared are, write-up by write-up, the lines of the newest
commit with a reference (live links in files) and the messages with one, a rebased copy once. Everything
that differs is printed; the exit code is 1 if anything does.
"""

import collections
import json
import re
import subprocess
import sys

LARGEST = 2 * 1024 * 1024


def git(repo, *arguments):
    done = subprocess.run(["git", "-C", repo, *arguments], check=True, capture_output=True)
    return done.stdout


def in_files(repo, names, excluded):
    """Lines with a reference, by write-up."""
    count = collections.Counter()
    listing = git(repo, "ls-tree", "-r", "-z", "--full-tree", "HEAD").split(b"\0")
    blobs = []
    for entry in filter(None, listing):
        meta, path = entry.split(b"\t", 1)
        mode, kind, blob = meta.split()[:3]
        path = path.decode("utf-8", "replace")
        if kind == b"blob" and mode != b"120000" and not any(fits(path, glob) for glob in excluded):
            blobs.append((blob, path))
    batch = subprocess.run(
        ["git", "-C", repo, "cat-file", "--batch"],
        input=b"".join(blob + b"\n" for blob, _ in blobs),
        check=True,
        capture_output=True,
    ).stdout
    at = 0
    for _, path in blobs:
        end = batch.index(b"\n", at)
        size = int(batch[at:end].split()[2])
        text = batch[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
        if size > LARGEST or b"\0" in text[:8000]:
            continue
        for line in text.decode("utf-8", "replace").split("\n"):
            for name in referred(line, names):
                # A write-up that names itself makes no link.
                if name.split(":", 1)[-1] != path:
                    count[name] += 1
    return count


def referred(text, names):
    """The write-ups that a text refers to."""
    return {
        name
        for part, patterns in names.items()
        if part in text
        for name, pattern in patterns
        if pattern.search(text)
    }


def fits(path, glob):
    """Whether a glob of a source fits; without a slash it is over the file's name."""
    if "/" not in glob:
        path = path.rsplit("/", 1)[-1]
    pattern = "".join(
        "(?:.*/)?" if part == "**/" else ".*" if part == "**" else "[^/]*" if part == "*" else re.escape(part)
        for part in re.split(r"(\*\*/|\*\*|\*)", glob)
    )
    return re.fullmatch(pattern, path, re.IGNORECASE) is not None


def in_messages(repo, names):
    """Messages with a reference, by write-up; author, author's time and text make one."""
    text = git(repo, "log", "--format=%aE%x00%at%x00%B%x01", "HEAD").decode("utf-8", "replace")
    seen = set()
    for commit in text.split("\x01"):
        fields = commit.strip("\n").split("\0", 2)
        if len(fields) == 3:
            for name in referred(fields[2], names):
                seen.add((name, fields[0], fields[1], fields[2].strip()))
    return collections.Counter(name for name, *_ in seen)


def main(repo, links, names, *excluded):
    with open(names, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t", 2) for line in lines if line.strip()]
    names = collections.defaultdict(list)
    for name, part, pattern in rows:
        names[part].append((name, re.compile(pattern, re.ASCII)))
    with open(links, encoding="utf-8") as file:
        told = json.load(file)
    ours = {"files": collections.Counter(), "messages": collections.Counter()}
    for link in told:
        if link.get("removed") is None:
            kind = "messages" if link["place"] == "commit" else "files"
            ours[kind][link["writeup"]] += 1
    theirs = {"files": in_files(repo, names, excluded), "messages": in_messages(repo, names)}
    different = 0
    for kind in ("files", "messages"):
        total = (sum(ours[kind].values()), sum(theirs[kind].values()))
        print(f"{kind}: {total[0]} links of ours, {total[1]} counted")
        for name in sorted(set(ours[kind]) | set(theirs[kind])):
            if ours[kind][name] != theirs[kind][name]:
                different += 1
                print(f"  {name}: {ours[kind][name]} of ours, {theirs[kind][name]} counted")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
