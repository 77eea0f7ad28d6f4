"""manage.py score_comments: lines in, lines out, without a database."""

import io
import json
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command


def scored(tmp_path, content):
    source, target, errors = tmp_path / "in.jsonl", tmp_path / "out.jsonl", io.StringIO()
    source.write_bytes(content)
    call_command("score_comments", input=str(source), output=str(target), stderr=errors)
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()], errors.getvalue()


def test_every_line_comes_back_with_its_sentiment(tmp_path):
    rows, errors = scored(
        tmp_path, b'{"text": "Still broken", "id": 7}\n\n{"text": "Alles gut", "language": "de"}\n'
    )

    assert errors == ""
    assert [row["label"] for row in rows] == ["negative", "positive"]
    assert rows[0]["id"] == 7
    assert {"polarity", "confidence", "cues", "language", "model_version"} <= set(rows[1])


def test_an_empty_file_gives_an_empty_file(tmp_path):
    assert scored(tmp_path, b"") == ([], "")


def test_bad_lines_are_reported_by_number_and_the_rest_is_scored(tmp_path):
    content = (
        b'{"text": "ok"}\nnope\n{"text": 3}\n["text"]\n\xff\n{"text": "", "language": 5}\n{"text": "fixed"}\n'
    )

    rows, errors = scored(tmp_path, content)

    assert [row["text"] for row in rows] == ["ok", "fixed"]
    assert [f"line {number}:" in errors for number in range(1, 8)] == [
        False,
        True,
        True,
        True,
        True,
        True,
        False,
    ]


def test_half_an_emoji_is_written_and_not_a_crash(tmp_path):
    rows, _ = scored(tmp_path, b'{"text": "\\ud83d works again"}\n')

    assert rows[0]["label"] == "positive"


def test_a_pipe_goes_through(monkeypatch):
    class Pipe:
        def __init__(self, content=b""):
            self.buffer = io.BytesIO(content)

    target = Pipe()
    monkeypatch.setattr(sys, "stdin", Pipe(b'{"text": "thx"}\n'))
    monkeypatch.setattr(sys, "stdout", target)

    call_command("score_comments")

    assert json.loads(target.buffer.getvalue())["label"] == "positive"


def test_a_missing_file_is_said_by_name(tmp_path):
    with pytest.raises(CommandError, match="nowhere.jsonl"):
        call_command("score_comments", input=str(tmp_path / "nowhere.jsonl"), output=str(tmp_path / "out"))


def test_the_input_is_never_written_over(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"text": "thx"}\n')

    with pytest.raises(CommandError, match="name another file for --output"):
        call_command("score_comments", input=str(source), output=str(tmp_path / "." / "in.jsonl"))

    assert source.read_bytes() == b'{"text": "thx"}\n'


def test_whoever_closes_the_pipe_gets_no_traceback(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(b'{"text": "thx"}\n' * 2000)
    command = [sys.executable, "manage.py", "score_comments", "--input", str(tmp_path / "in.jsonl")]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert said == b""
    assert process.returncode == 0
