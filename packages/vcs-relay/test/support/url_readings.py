"""Reads one target a line (JSON), writes what urllib makes of it."""

import json
import sys
from urllib.parse import parse_qsl, unquote, urlsplit

for line in sys.stdin:
    parts = urlsplit("http://git.example.com" + json.loads(line))
    print(json.dumps({
        "host": parts.netloc,
        "segments": [unquote(piece, errors="strict") for piece in parts.path.split("/") if piece != ""],
        "query": parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True, errors="strict") if parts.query else [],
    }))
