/**
 * Remove the sealed files that tabs which died have left behind. Each page does so once, as it starts. An origin that
 * stores nothing is not even asked for its directory, because asking makes some browsers create one and keep it.
 */
export async function removeOrphanedFiles({ storage, locks }: Navigator): Promise<void> {
  if (!storage || !locks) return;
  const { usage = 0 } = await storage.estimate();
  if (usage === 0) return;
  const { sweep } = await import("./files/worker/sealed/sweep.ts");
  await sweep({ storage, locks });
}
