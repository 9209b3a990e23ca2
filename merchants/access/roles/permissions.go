package roles

import (
	"slices"
)

// Role is what a caller is (merchants/access/roles/README.md, "Roles in words").
type Role string

// The roles.
const (
	Admin           Role = "admin"
	ProvinceOfficer Role = "province_officer"
	LocalityOfficer Role = "locality_officer"
	Manager         Role = "manager"
	Merchant        Role = "merchant"
	Team            Role = "team"
	Auditor         Role = "auditor"
	Integration     Role = "integration"
	// Staff sell for a merchant at one stall. It is not among Roles: no key and no user is made
	// with it, but by the merchant.
	Staff Role = "staff"
)

// Roles returns the roles of users and keys, in the order of lists.
func Roles() []Role {
	return []Role{Admin, ProvinceOfficer, LocalityOfficer, Manager, Merchant, Team, Auditor, Integration}
}

// Action is what a caller may be allowed to do.
type Action string

// The actions that routes ask for.
const (
	Anyone           Action = "anyone"    // strangers too
	SignedIn         Action = "signed_in" // every role, about itself
	Person           Action = "person"    // the same, but no program's key
	ReadRegister     Action = "register.read"
	ReadAccounts     Action = "accounts.read"
	ReadFeeds        Action = "feeds.read"
	WriteMarkets     Action = "markets.write"
	WriteStalls      Action = "stalls.write"
	CheckStickers    Action = "stickers.check"
	ReadChecks       Action = "stickers.read"
	Print            Action = "codes.print"
	Confirm          Action = "payments.confirm"
	TakeOrders       Action = "orders.take"
	HearPayments     Action = "payments.hear"
	ReadPayments     Action = "payments.read"
	ReadDays         Action = "days.read"
	KeepBook         Action = "book.keep"
	ReadNotices      Action = "notices.read"
	WriteConnections Action = "connections.write"
	ReadLedger       Action = "ledger.read"
	ReadCases        Action = "cases.read"
	ResolveCases     Action = "cases.resolve"
	ReadReports      Action = "reports.read"
	ReadDormant      Action = "dormant.read"
	ReadTrail        Action = "trail.read"
	ReadUsers        Action = "users.read"
	WriteUsers       Action = "users.write"
	Invite           Action = "merchants.invite"
	ManageStaff      Action = "staff.manage"
	KeepSoundboxes   Action = "soundboxes.keep"
	ChangeAccounts   Action = "accounts.change"
	ReadChanges      Action = "accounts.changes"
	ReadAlerts       Action = "alerts.read"
	CloseAlerts      Action = "alerts.close"
	ReadReaders      Action = "readers.read"
	ReadVisibility   Action = "visibility.read"

	RecordFacts Action = "facts.record" // what people see in the field
	ReadFacts   Action = "facts.read"   // single facts: officers read figures
	ReadAnswers Action = "answers.read" // of the anonymous survey, one by one: others read I21 and I22
	ReadSamples Action = "samples.read"
	RecordFees  Action = "fees.record"
	ReadFees    Action = "fees.read"
	RecordCosts Action = "costs.record"
	ReadCosts   Action = "costs.read"
	CheckNames  Action = "accounts.check"

	ReadConsents        Action = "consents.read"
	WriteConsents       Action = "consents.write"
	MakeDataRequests    Action = "data_requests.make" // and read those of the same merchant
	ReadDataRequests    Action = "data_requests.read"
	ResolveDataRequests Action = "data_requests.resolve"
	ExportPersonal      Action = "personal_data.export"
	CountSubjects       Action = "data_subjects.count"

	ReadProgramme  Action = "programme.read"
	WriteProgramme Action = "programme.write" // campaigns and targets
	Designate      Action = "pilots.designate"
	MakeReports    Action = "reports.make"  // submit and correct
	JudgeReports   Action = "reports.judge" // approve and return; the whole campaign's are theirs to make
)

// permissions is the whole table of who may do what; scope is a matter of each query.
var permissions = map[Action][]Role{
	ReadRegister: {Admin, ProvinceOfficer, LocalityOfficer, Manager, Merchant, Team, Auditor, Integration, Staff},
	// whole account numbers and payloads; others see them masked
	ReadAccounts: {Admin, Merchant, Integration},
	// when a stall was last paid; others know only whether it is heard
	ReadFeeds:     {Admin, Manager, Merchant, Auditor, Integration, Staff},
	WriteMarkets:  {Admin},
	WriteStalls:   {Admin, Manager},
	CheckStickers: {Admin, Manager, Merchant, Team, Staff},
	ReadChecks:    {Admin, Manager, Merchant, Team, Auditor, Staff},
	Print:         {Admin, Manager, Merchant, Integration},
	Confirm:       {Admin, Merchant, Staff},
	HearPayments:  {Merchant, Staff}, // on a phone of their own, while the app is closed
	TakeOrders:    {Admin, Merchant, Integration, Staff},
	ReadPayments:  {Admin, Merchant, Auditor, Integration, Staff}, // staff: of its own shift, see Principal.Shift
	ReadDays:      {Admin, Merchant, Auditor, Integration},        // a stall's whole days, which staff do not see
	// the revenue book: only its owner, not even admins
	KeepBook:         {Merchant},
	ReadNotices:      {Admin, Auditor},
	WriteConnections: {Admin},
	ReadLedger:       {Admin, Auditor},
	ReadCases:        {Admin, Manager, Auditor},
	ResolveCases:     {Admin, Manager},
	ReadReports:      {Admin, ProvinceOfficer, LocalityOfficer, Manager, Auditor},
	ReadDormant:      {Manager, Team}, // who goes there, by the merchant's consent
	ReadTrail:        {Admin, Auditor},
	ReadUsers:        {Admin, Auditor},
	WriteUsers:       {Admin},
	Invite:           {Admin, Manager},
	ManageStaff:      {Merchant},
	KeepSoundboxes:   {Merchant},                 // who hears what comes is its owner's to say
	ChangeAccounts:   {Admin, Manager, Merchant}, // propose, approve and cancel: two of them, or a day
	ReadChanges:      {Admin, ProvinceOfficer, LocalityOfficer, Manager, Merchant, Auditor},
	ReadAlerts:       {Admin, Manager, Auditor},
	CloseAlerts:      {Admin, Manager},
	ReadReaders:      {Admin, Merchant, Auditor}, // who read a merchant's data; a merchant: its own

	RecordFacts: {Admin, Manager, Team},
	ReadFacts:   {Admin, Manager, Team, Auditor},
	// a manager sees the small counts of the own market
	ReadAnswers:    {Manager, Team},
	ReadSamples:    {Admin, ProvinceOfficer, LocalityOfficer, Manager, Team, Auditor}, // they name no merchant
	RecordFees:     {Admin, Manager},
	ReadFees:       {Admin, ProvinceOfficer, LocalityOfficer, Manager, Auditor}, // a market's sums
	RecordCosts:    {Admin, ProvinceOfficer},
	ReadCosts:      {Admin, ProvinceOfficer, LocalityOfficer, Auditor},
	CheckNames:     {Admin, Manager}, // a team sees no accounts
	ReadVisibility: {Merchant},       // who sees its own data

	ReadConsents:        {Admin, Manager, Merchant, Auditor},
	WriteConsents:       {Admin, Manager, Merchant},
	MakeDataRequests:    {Admin, Manager, Merchant},
	ReadDataRequests:    {Admin, Auditor},
	ResolveDataRequests: {Admin},
	ExportPersonal:      {Admin, Merchant}, // whole: what the merchant itself may know
	CountSubjects:       {Admin, Auditor},

	ReadProgramme:  {Admin, ProvinceOfficer, LocalityOfficer, Manager, Team, Auditor},
	WriteProgramme: {Admin, ProvinceOfficer},
	Designate:      {Admin, ProvinceOfficer, LocalityOfficer}, // and milestones; each for the units it acts for
	MakeReports:    {Admin, ProvinceOfficer, LocalityOfficer},
	JudgeReports:   {Admin, ProvinceOfficer},
}

// May reports whether a role may do an action in its scope.
func (r Role) May(a Action) bool {
	return a == Anyone || a == SignedIn || a == Person || slices.Contains(permissions[a], r)
}
