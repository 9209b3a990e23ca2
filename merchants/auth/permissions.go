package auth

import "slices"

// Role is what a caller is; contract.md "Roles" tells each in words.
type Role string

// The roles of the contract.
const (
	Admin           Role = "admin"
	ProvinceOfficer Role = "province_officer"
	LocalityOfficer Role = "locality_officer"
	Manager         Role = "manager"
	Merchant        Role = "merchant"
	Team            Role = "team"
	Auditor         Role = "auditor"
	Integration     Role = "integration"
)

// Roles are all roles, in the order of the contract.
func Roles() []Role {
	return []Role{Admin, ProvinceOfficer, LocalityOfficer, Manager, Merchant, Team, Auditor, Integration}
}

// Action is what a caller may be allowed to do.
type Action string

// The actions that routes ask for.
const (
	ReadRegister     Action = "register.read"
	ReadAccounts     Action = "accounts.read"
	WriteMarkets     Action = "markets.write"
	WriteStalls      Action = "stalls.write"
	CheckStickers    Action = "stickers.check"
	Confirm          Action = "payments.confirm"
	ReadPayments     Action = "payments.read"
	ReadNotices      Action = "notices.read"
	WriteConnections Action = "connections.write"
	ReadLedger       Action = "ledger.read"
	ReadCases        Action = "cases.read"
	ResolveCases     Action = "cases.resolve"
	ReadReports      Action = "reports.read"
	ReadTrail        Action = "trail.read"
	ReadReaders      Action = "readers.read"
)

// permissions is the whole table of who may do what; scope is a matter of each query.
var permissions = map[Action][]Role{
	ReadRegister:     {Admin, ProvinceOfficer, LocalityOfficer, Manager, Merchant, Team, Auditor, Integration},
	ReadAccounts:     {Admin, Merchant, Integration}, // whole account numbers and payloads; others see them masked
	WriteMarkets:     {Admin},
	WriteStalls:      {Admin, Manager},
	CheckStickers:    {Admin, Manager, Merchant, Team},
	Confirm:          {Admin, Merchant},
	ReadPayments:     {Admin, Merchant, Auditor, Integration},
	ReadNotices:      {Admin, Auditor},
	WriteConnections: {Admin},
	ReadLedger:       {Admin, Auditor},
	ReadCases:        {Admin, Manager, Auditor},
	ResolveCases:     {Admin, Manager},
	ReadReports:      {Admin, ProvinceOfficer, LocalityOfficer, Manager, Auditor},
	ReadTrail:        {Admin, Auditor},
	ReadReaders:      {Admin, Merchant, Auditor}, // who read a merchant's data; a merchant: its own
}

// May says whether a role may do something in its scope.
func (r Role) May(a Action) bool { return slices.Contains(permissions[a], r) }
