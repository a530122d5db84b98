/** Splits the text of a RadaptError into its parts, since errors lose their class on the way out of the worker. */

export interface MessageParts {
  title: string;
  parts: { label: string; text: string }[];
}

const labels = ["Where", "Expected", "Got", "What to do"];

export function messageParts(message: string): MessageParts {
  const title: string[] = [];
  const parts: MessageParts["parts"] = [];
  for (const line of message.split("\n")) {
    const label = labels.find((l) => line.startsWith(`${l}: `));
    if (label) parts.push({ label, text: line.slice(label.length + 2) });
    else if (parts.length > 0) parts[parts.length - 1].text += `\n${line}`;
    else if (line.trim()) title.push(line);
  }
  return { title: title.join(" ").replace(/^(RadaptError|Error): /, ""), parts };
}
