/** The dropped files and folders. Call it within the drop event: afterwards the data are empty. */
export function droppedEntries(data: DataTransfer): (FileSystemEntry | File)[] {
  const items = [...data.items].filter(({ kind }) => kind === "file");
  return items.flatMap((item) => item.webkitGetAsEntry() ?? item.getAsFile() ?? []);
}

/**
 * Pasted images, unless there is text as well: office programs add a picture of the text that was copied. Call it
 * within the paste event: afterwards the data are empty.
 */
export function pastedImages(data: DataTransfer): File[] {
  const items = [...data.items];
  if (items.some(({ kind, type }) => kind === "string" && type === "text/plain")) return [];
  return items
    .filter(({ kind, type }) => kind === "file" && type.startsWith("image/"))
    .flatMap((item) => item.getAsFile() ?? []);
}
