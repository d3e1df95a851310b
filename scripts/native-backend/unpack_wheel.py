"""Takes out of a TensorFlow wheel its two libraries and the headers that the addon's sources include.

    python3 unpack_wheel.py WHEEL FOLDER SOURCE...

FOLDER gets `lib` and `include`. Prints one JSON object, {"files": {"lib/...": bytes, ...}}; ends with 3 where the
file is no such wheel, having said why on standard error.
"""
import json
import os
import re
import shutil
import sys
import zipfile

LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)
HEADERS = "tensorflow/include/"


def refuse(message):
    print(message, file=sys.stderr)
    sys.exit(3)


def take(wheel, name, path):
    """A member's checksum is compared as it is read to its end."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with wheel.open(name) as source, open(path, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return os.path.getsize(path)


def take_headers(wheel, folder, sources):
    """What the sources include, what that includes, and so on, as far as it is in the wheel: 60 files of 13,000."""
    members = set(wheel.namelist())
    seen = set()
    waiting = []
    for source in sources:
        with open(source, encoding="utf-8") as text:
            waiting += INCLUDE.findall(text.read())
    while waiting:
        name = waiting.pop()
        if name in seen or HEADERS + name not in members:
            continue
        seen.add(name)
        path = os.path.join(folder, "include", name)
        take(wheel, HEADERS + name, path)
        with open(path, encoding="utf-8", errors="replace") as text:
            waiting += INCLUDE.findall(text.read())
    return seen


def main():
    path, folder, sources = sys.argv[1], sys.argv[2], sys.argv[3:]
    try:
        wheel = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        refuse(f"{path} cannot be read as a wheel: {error}")
    with wheel:
        missing = [name for name in LIBRARIES if "tensorflow/" + name not in wheel.NameToInfo]
        if missing:
            refuse(f"{path} holds no {' and no '.join(missing)}: it is no TensorFlow wheel for Linux")
        if "tensorflow/c/eager/c_api.h" not in take_headers(wheel, folder, sources):
            refuse(f"{path} holds no headers of TensorFlow's C API")
        try:
            files = {"lib/" + name: take(wheel, "tensorflow/" + name, os.path.join(folder, "lib", name)) for name in LIBRARIES}
        except zipfile.BadZipFile as error:
            refuse(f"{path} is damaged: {error}")
    print(json.dumps({"files": files}))


main()
