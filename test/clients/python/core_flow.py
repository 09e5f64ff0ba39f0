"""What a person's program does with the `anthropic` package, against a running gateway.

Usage: core_flow.py sync|async, with ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY, YARD_MODEL and UNKNOWN_MODEL set. Mends
note.txt in the present folder through the package's tool runner, then asks for this and that. Prints one JSON object
with what came of it. Every answer is checked against the package's own types.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import anthropic
from anthropic import Anthropic, AsyncAnthropic, beta_async_tool, beta_tool

MODEL = os.environ["YARD_MODEL"]
TASK = {
    "model": MODEL,
    "max_tokens": 4096,
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "messages": [{"role": "user", "content": os.environ["FLOW_PROMPT"]}],
}
HELLO = {"model": MODEL, "max_tokens": 500, "messages": [{"role": "user", "content": "Say hello."}]}
UNKNOWN = {**HELLO, "model": os.environ["UNKNOWN_MODEL"]}
TOO_LONG = {**HELLO, "messages": [{"role": "user", "content": "far too long " * 40_000}]}


def read_note(path: str) -> str:
    """Reads a file.

    Args:
        path: The file.
    """
    return Path(path).read_text()


def replace_text(path: str, old: str, new: str) -> str:
    """Replaces text in a file.

    Args:
        path: The file.
        old: What is there.
        new: What is to be there.
    """
    Path(path).write_text(Path(path).read_text().replace(old, new))
    return "Replaced."


async def read_note_async(path: str) -> str:
    return read_note(path)


async def replace_text_async(path: str, old: str, new: str) -> str:
    return replace_text(path, old, new)


class Outcome:
    """Gathers what is printed at the end."""

    def __init__(self):
        self.told = {"version": anthropic.__version__, "turns": [], "errors": {}}
        self.usage = {"input": 0, "cached": 0, "output": 0}

    def turn(self, message, pieces):
        """One answer of the task, and the text its stream showed piece by piece."""
        thoughts = [block for block in message.content if block.type == "thinking"]
        self.told["turns"].append(
            {
                "stop_reason": message.stop_reason,
                "text": "".join(block.text for block in message.content if block.type == "text"),
                "streamed_text": "".join(pieces),
                "tools": [block.name for block in message.content if block.type == "tool_use"],
                "thinking": [block.thinking for block in thoughts],
                "signed": all(block.signature for block in thoughts),
            }
        )
        self.usage["input"] += message.usage.input_tokens
        self.usage["cached"] += message.usage.cache_read_input_tokens or 0
        self.usage["output"] += message.usage.output_tokens

    def whole(self, message):
        """An answer that was not streamed."""
        prompt_tokens = message.usage.input_tokens + (message.usage.cache_read_input_tokens or 0)
        self.told["whole"] = {"text": message.content[0].text, "prompt_tokens": prompt_tokens}

    def error(self, name, error):
        self.told["errors"][name] = {
            "class": type(error).__name__,
            "status": error.status_code,
            "type": error.type,
            "message": error.body["error"]["message"],
            "request_id": error.request_id,
        }

    def print(self):
        print(json.dumps({**self.told, "usage": self.usage}))


def run_sync(outcome):
    client = Anthropic(_strict_response_validation=True)
    tools = [beta_tool(read_note), beta_tool(replace_text)]
    for stream in client.beta.messages.tool_runner(**TASK, tools=tools, stream=True):
        pieces = [event.text for event in stream if event.type == "text"]
        outcome.turn(stream.get_final_message(), pieces)

    outcome.told["counted"] = client.messages.count_tokens(model=MODEL, messages=HELLO["messages"]).input_tokens
    whole = client.messages.create(**HELLO)
    outcome.whole(whole)
    outcome.told["window"] = {model.id: model.max_input_tokens for model in client.models.list()}[MODEL]
    stranger = client.with_options(api_key="my_nobody_gave_this_key")
    for name, asking, request in [
        ("unknown model", client, UNKNOWN),
        ("too long", client, TOO_LONG),
        ("unknown key", stranger, HELLO),
    ]:
        try:
            asking.messages.create(**request)
        except anthropic.APIStatusError as error:
            outcome.error(name, error)


async def run_async(outcome):
    client = AsyncAnthropic(_strict_response_validation=True)
    tools = [
        beta_async_tool(read_note_async, name="read_note", description="Reads a file."),
        beta_async_tool(replace_text_async, name="replace_text", description="Replaces text in a file."),
    ]
    async for stream in client.beta.messages.tool_runner(**TASK, tools=tools, stream=True):
        pieces = [event.text async for event in stream if event.type == "text"]
        outcome.turn(await stream.get_final_message(), pieces)

    counted = await client.messages.count_tokens(model=MODEL, messages=HELLO["messages"])
    outcome.told["counted"] = counted.input_tokens
    whole = await client.messages.create(**HELLO)
    outcome.whole(whole)
    outcome.told["window"] = {model.id: model.max_input_tokens async for model in client.models.list()}[MODEL]
    stranger = client.with_options(api_key="my_nobody_gave_this_key")
    for name, asking, request in [
        ("unknown model", client, UNKNOWN),
        ("too long", client, TOO_LONG),
        ("unknown key", stranger, HELLO),
    ]:
        try:
            await asking.messages.create(**request)
        except anthropic.APIStatusError as error:
            outcome.error(name, error)


if __name__ == "__main__":
    result = Outcome()
    if sys.argv[1] == "async":
        asyncio.run(run_async(result))
    else:
        run_sync(result)
    result.print()
