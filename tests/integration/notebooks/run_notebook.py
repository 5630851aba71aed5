"""Executes a notebook with other parameters, and prints what its cells print as JSON: {"text": …, "error": null or …}."""

import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

# The colours of a traceback.
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def text_of(output: dict) -> str:
    return output.get("text") or output.get("data", {}).get("text/plain", "")


def main(path: str, parameters: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    places = [at for at, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])]
    assert len(places) == 1, f"{path} has {len(places)} cells of parameters"
    given = "\n".join(f"{name} = {value!r}" for name, value in json.loads(parameters).items())
    # Behind the cell with the defaults, as papermill does it.
    notebook.cells.insert(places[0] + 1, nbformat.v4.new_code_cell(f"import pandas\npandas.set_option('display.width', 200)\n{given}"))
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(Path(path).parent)}})
    error = None
    with TemporaryDirectory() as sockets:
        # Ports that are free now can be taken when the kernel binds them.
        kernel = client.create_kernel_manager()
        kernel.transport, kernel.ip = "ipc", f"{sockets}/kernel"
        try:
            client.execute()
        except CellExecutionError as failed:
            error = f"{failed.ename}: {ESCAPES.sub('', failed.evalue)}"
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    print(json.dumps({"text": "\n".join(text_of(output) for output in outputs), "error": error}))


main(*sys.argv[1:])
