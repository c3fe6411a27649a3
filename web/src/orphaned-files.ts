/**
 * Once, as a page starts: remove what tabs that died have left of files. An origin that stores nothing is not even
 * asked for a directory to look into, since some browsers keep that.
 */
export async function removeOrphanedFiles({ storage, locks }: Navigator): Promise<void> {
  if (!storage || !locks) return;
  const { usage = 0 } = await storage.estimate();
  if (usage === 0) return;
  const { sweep } = await import("./files/worker/sealed/sweep.ts");
  await sweep({ storage, locks });
}
