package reference

import _ "embed" // the tables below

// Localities are the administrative units that the program knows: level, code, name, kind, parent_level, parent_code,
// valid_from and valid_to (empty: before and after our records; the end is the first day without it), latitude, longitude.
//
// Khánh Hòa (province 56) with its 9 districts of May 2024 and Ninh Thuận (58), the communes of both as they stood
// before 1 July 2025, and the 65 communes of Khánh Hòa since then (Ninh Thuận joined by resolution 202/2025/QH15);
// codes of the General Statistics Office, coordinates of centres as geocoded, unverified.
// 22366 was Phước Tiến before it was Tân Tiến (resolution 1196/NQ-UBTVQH15, 1 November 2024): codes are reused.
//
//go:embed localities.csv
var Localities []byte

// Lineage says which commune became which: old_code, old_name, new_code, new_name, changed_on, partial
// (only a part of the old one went there). Sources as for Localities.
//
//go:embed lineage.csv
var Lineage []byte
