/** Who counts a licence as open: the Open Source Initiative, the Free Software Foundation, or the practice of open data. Facts, by SPDX identifier. */

export type Approval =
  /** opensource.org/licenses */
  | 'osi'
  /** gnu.org/licenses/license-list.html, "free"; only those the OSI has not approved. */
  | 'fsf'
  /** Conformant with the Open Definition, for data and texts: opendefinition.org/licenses. */
  | 'open-data'
  /** Made for all parts of a model at once: openmdw.ai. */
  | 'open-model'

const words = (text: string) => text.trim().split(/\s+/)

/** `GPL-2.0` stands for itself, `-only` and `-or-later`. */
const gnu = (...ids: readonly string[]) => ids.flatMap((id) => [id, `${id}-only`, `${id}-or-later`])

const osi = [
  ...gnu('AGPL-3.0', 'GPL-2.0', 'GPL-3.0', 'LGPL-2.0', 'LGPL-2.1', 'LGPL-3.0'),
  ...words(`
    0BSD AAL AFL-1.1 AFL-1.2 AFL-2.0 AFL-2.1 AFL-3.0 APL-1.0 APSL-1.0 APSL-1.1 APSL-1.2 APSL-2.0 Apache-1.1 Apache-2.0 Artistic-1.0
    Artistic-1.0-Perl Artistic-1.0-cl8 Artistic-2.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-3-Clause BSD-3-Clause-LBNL BSL-1.0
    BlueOak-1.0.0 CAL-1.0 CAL-1.0-Combined-Work-Exception CATOSL-1.1 CDDL-1.0 CECILL-2.1 CERN-OHL-P-2.0 CERN-OHL-S-2.0 CERN-OHL-W-2.0
    CNRI-Python CPAL-1.0 CPL-1.0 CUA-OPL-1.0 ECL-1.0 ECL-2.0 EFL-1.0 EFL-2.0 EPL-1.0 EPL-2.0 EUDatagrid EUPL-1.1 EUPL-1.2 Entessa Fair
    Frameworx-1.0 GPL-3.0-with-GCC-exception HPND ICU IPA IPL-1.0 ISC Intel Jam LPL-1.0 LPL-1.02 LPPL-1.3c LiLiQ-P-1.1 LiLiQ-R-1.1
    LiLiQ-Rplus-1.1 MIT MIT-0 MIT-Modern-Variant MPL-1.0 MPL-1.1 MPL-2.0 MPL-2.0-no-copyleft-exception MS-PL MS-RL MirOS Motosoto
    MulanPSL-2.0 Multics NASA-1.3 NCSA NGPL NPOSL-3.0 NTP Naumen Nokia OCLC-2.0 OFL-1.1 OFL-1.1-RFN OFL-1.1-no-RFN OGTSL OLDAP-2.8 OLFL-1.3
    OSET-PL-2.1 OSL-1.0 OSL-2.0 OSL-2.1 OSL-3.0 PHP-3.0 PHP-3.01 PostgreSQL Python-2.0 QPL-1.0 RPL-1.1 RPL-1.5 RPSL-1.0 RSCPL SISSL SPL-1.0
    SimPL-2.0 Sleepycat UCL-1.0 UPL-1.0 Unicode-3.0 Unicode-DFS-2016 Unlicense VSL-1.0 W3C Watcom-1.0 Xnet ZPL-2.0 ZPL-2.1 Zlib wxWindows`),
]

const fsf = [
  ...gnu('GFDL-1.1', 'GFDL-1.2', 'GFDL-1.3'),
  ...words(`
    AGPL-1.0 Apache-1.0 BSD-2-Clause-FreeBSD BSD-2-Clause-NetBSD BSD-3-Clause-Clear BSD-4-Clause BitTorrent-1.1 CECILL-2.0 CECILL-B CECILL-C
    ClArtistic Condor-1.1 FSFAP FTL IJG Imlib2 LPPL-1.2 LPPL-1.3a NOSL NPL-1.0 NPL-1.1 Nunit OFL-1.0 OLDAP-2.3 OLDAP-2.7 OSL-1.1 OpenSSL Ruby
    SGI-B-2.0 SMLNJ StandardML-NJ Vim WTFPL X11 XFree86-1.1 YPL-1.1 Zend-2.0 Zimbra-1.3 eCos-2.0 gnuplot iMatix xinetd`),
]

const ports =
  words(`BY-2.5-AU BY-3.0-AT BY-3.0-AU BY-3.0-DE BY-3.0-IGO BY-3.0-NL BY-3.0-US BY-SA-2.0-UK BY-SA-2.1-JP BY-SA-3.0-AT BY-SA-3.0-DE
    BY-SA-3.0-IGO`)

const openData = [
  ...['BY', 'BY-SA'].flatMap((kind) => ['1.0', '2.0', '2.5', '3.0', '4.0'].map((version) => `CC-${kind}-${version}`)),
  ...ports.map((port) => `CC-${port}`),
  ...words('CC0-1.0 PDDL-1.0 ODC-By-1.0 ODbL-1.0 CDLA-Permissive-1.0 CDLA-Permissive-2.0 CDLA-Sharing-1.0'),
  ...words('OGL-UK-2.0 OGL-UK-3.0 OGL-Canada-2.0'),
]

const approvals = new Map<string, Approval>([
  ...fsf.map((id) => [id, 'fsf'] as const),
  ...openData.map((id) => [id, 'open-data'] as const),
  ...osi.map((id) => [id, 'osi'] as const),
  ['OpenMDW-1.0', 'open-model'],
])

/** Who counts the licence as open; undefined where nobody of those does. */
export function approvalOf(id: string): Approval | undefined {
  return approvals.get(id)
}

export function approvedLicences(): readonly (readonly [id: string, by: Approval])[] {
  return [...approvals]
}
