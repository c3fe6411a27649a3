/** What a drop or a paste brings, taken out within its event: afterwards the data are empty. */

export function droppedEntries(data: DataTransfer): (FileSystemEntry | File)[] {
  const items = [...data.items].filter(({ kind }) => kind === "file");
  return items.flatMap((item) => item.webkitGetAsEntry() ?? item.getAsFile() ?? []);
}

/** Images, unless there are words as well: programs for tables and texts bring a picture of what was copied. */
export function pastedImages(data: DataTransfer): File[] {
  const items = [...data.items];
  if (items.some(({ kind, type }) => kind === "string" && type === "text/plain")) return [];
  return items
    .filter(({ kind, type }) => kind === "file" && type.startsWith("image/"))
    .flatMap((item) => item.getAsFile() ?? []);
}
