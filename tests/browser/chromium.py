"""Headless Chromium, spoken to over its debugging protocol: enough to press keys and to read what the page became."""

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tornado.websocket import websocket_connect

EXECUTABLE = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0", "about:blank",
)  # fmt: skip
_PATIENCE = 30.0


class Browser:
    """One page. Use as a context manager."""

    def __enter__(self):
        self._folder = tempfile.mkdtemp(prefix="chromium-")
        command = [EXECUTABLE, f"--user-data-dir={self._folder}", *_FLAGS]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._loop = asyncio.new_event_loop()
        self._number, self.problems = 0, []
        self._run(self._connect())
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._process.terminate()
        self._process.wait(_PATIENCE)
        self._run(asyncio.sleep(0.05))
        self._loop.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def open(self, path: Path, width: int = 1280, dark: bool = False) -> None:
        """Load a file at a width, in light or dark colours."""
        self.problems.clear()
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send("Page.navigate", url=path.resolve().as_uri())
        deadline = time.monotonic() + _PATIENCE
        wanted = f"document.readyState === 'complete' && location.pathname.endsWith('/{path.name}')"
        while not self.evaluate(wanted):
            assert time.monotonic() < deadline, f"{path} did not load in {_PATIENCE:.0f} s"
            time.sleep(0.05)

    def evaluate(self, expression: str):
        """Value of a JavaScript expression."""
        return self.send("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key."""
        codes = {"Tab": 9, "Enter": 13}
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key], **text)

    def send(self, method: str, **parameters):
        """Send one command of the protocol and return its result."""
        return self._run(self._send(method, parameters))

    def _run(self, task):
        return self._loop.run_until_complete(asyncio.wait_for(task, _PATIENCE))

    async def _connect(self) -> None:
        port = Path(self._folder) / "DevToolsActivePort"
        while not (port.exists() and port.read_text().count("\n")):
            await asyncio.sleep(0.05)
        number, path = port.read_text().split("\n")[:2]
        self._session = None
        self._socket = await websocket_connect(f"ws://127.0.0.1:{number}{path}", max_message_size=2**26)
        target = (await self._send("Target.createTarget", {"url": "about:blank"}))["targetId"]
        attached = await self._send("Target.attachToTarget", {"targetId": target, "flatten": True})
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            await self._send(f"{domain}.enable", {})

    async def _send(self, method: str, parameters: dict):
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        await self._socket.write_message(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while True:
            answer = json.loads(await self._socket.read_message())
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer.get('error')}"
                return answer["result"]
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"):
                self.problems.append(answer["params"])
