"""The tables in the READMEs say what the files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import module_docs
from scripts.errors import CommandError

VARIABLES = """
variable "name" {
  description = "Full name of the queue (a | b)."
  type        = string
}

variable "alarms" {
  description = <<-EOT
    Thresholds of the queue's alarms,
    wrapped in the file.
      depth_messages : visible messages, at least 3 * 2
    Afterwards.
  EOT
  type = object({
    depth_messages     = optional(number, 1000)
    oldest_age_seconds = optional(map(object({ seconds = number })), {})
  })
  default = { depth_messages = 5, names = ["a", null, true] }
}
"""
OUTPUTS = 'output "queue_arn" {\n  description = "ARN of the queue."\n  value       = aws_sqs_queue.this.arn\n}\n'


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "variables.tf").write_text(VARIABLES)
    (tmp_path / "outputs.tf").write_text(OUTPUTS)
    (tmp_path / "README.md").write_text(f"# queue\n\n{module_docs.BEGIN}\n{module_docs.END}\n")
    return tmp_path


def test_each_input_has_its_type_default_and_description(module: Path) -> None:
    text = module_docs.tables(module)

    assert "| `name` | `string` | required | Full name of the queue (a \\| b). |" in text
    assert '| `alarms` | `object` | `{ depth_messages = 5, names = ["a", null, true] }` |' in text
    assert (
        "Thresholds of the queue's alarms, wrapped in the file.<br>"
        "`depth_messages`: visible messages, at least 3 \\* 2<br>Afterwards. |"
    ) in text
    assert "| `queue_arn` | ARN of the queue. |" in text


def test_writing_twice_changes_nothing_and_check_notices_a_change(module: Path) -> None:
    assert module_docs.main(["--check", str(module)]) == 1
    assert module_docs.main([str(module)]) == 0
    written = (module / "README.md").read_text()
    assert module_docs.main([str(module)]) == 0
    assert (module / "README.md").read_text() == written
    assert module_docs.main(["--check", str(module)]) == 0

    (module / "outputs.tf").write_text(OUTPUTS.replace("ARN of", "The ARN of"))

    assert module_docs.main(["--check", str(module)]) == 1


@pytest.mark.parametrize("readme", [None, "# queue, without markers\n"])
def test_a_missing_readme_or_marker_is_said(module: Path, readme: str | None) -> None:
    (module / "README.md").unlink()
    if readme:
        (module / "README.md").write_text(readme)

    with pytest.raises(CommandError, match=r"README\.md (is missing|needs the markers)"):
        module_docs.render(module)
