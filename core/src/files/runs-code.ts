/**
 * Extensions that a system runs, mounts or acts upon when such a file is opened. A name alone proves nothing; this
 * is for a warning, never for a refusal. Grouped by who runs them; sources: what mail programs and browsers flag.
 */
const RUN_BY: Record<string, string> = {
  windows: `ade adp appinstaller application appref-ms appx appxbundle bas bat cab chm cmd com cpl diagcab dll drv
    exe gadget grp hlp hta htc inf ins iqy isp its jnlp job js jse ksh lnk mad maf mag mam maq mar mas mat mau
    mav maw mcf mda mdb mde mdt mdw mdz msc msh msh1 msh2 mshxml msh1xml msh2xml msi msix msixbundle msp mst
    msu ocx ops osd pcd pif plg prf prg printerexport ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psdm1 psm1 pst rdp reg
    scf scr sct search-ms settingcontent-ms shb shs slk sys theme themepack tmp url vb vbe vbp vbs vhd vhdx vsmacros
    vsw webpnp website wll ws wsb wsc wsf wsh xbap xll xnk`,
  mac: "action app command dmg fileloc inetloc kext mobileconfig mpkg osx pkg scpt scptd tool workflow xip",
  linux: "appimage bin csh deb desktop elf flatpakref ko out rpm run sh snap so bash zsh fish",
  phones: "aab apk ipa xapk",
  anywhere: `class jar jnilib py pyc pyo pyw pyz pyzw pl php phar rb lua wasm ps html htm xhtml xht mht mhtml shtml svg
    svgz xsl xslt swf crx xpi iso img udf`,
  office:
    "docm dotm ppam ppsm potm pptm sldm xlam xlsm xltm xlsb xla xlm one onepkg odb accda accdb accde accdr",
};

const EXTENSIONS = new Set(Object.values(RUN_BY).flatMap((list) => list.split(/\s+/)));

/** Whether opening a file of this name can run something. */
export function runsCode(name: string): boolean {
  // Windows ignores trailing dots and spaces, and what follows a colon names a stream of the same file.
  const shown = name.split(":", 1)[0]?.replace(/[. ]+$/, "") ?? "";
  const dot = shown.lastIndexOf(".");
  return dot >= 0 && EXTENSIONS.has(shown.slice(dot + 1).toLowerCase());
}
