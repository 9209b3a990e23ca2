package roles

import (
	"maps"
	"slices"
	"strings"
)

// Rule is what a route requires of its caller.
type Rule struct {
	Needs    Action
	Platform bool // and the scope of everything: what it does reaches beyond any market
}

// rules are all routes under /api, as gin names them. A route without a rule is closed to everyone.
var rules = map[string]Rule{
	"POST /api/v1/sessions":               {Needs: Anyone},
	"GET /api/v1/sessions":                {Needs: SignedIn},
	"DELETE /api/v1/sessions/:id":         {Needs: SignedIn},
	"GET /api/v1/me":                      {Needs: SignedIn},
	"PUT /api/v1/me/password":             {Needs: Person},
	"POST /api/v1/sessions/current/proof": {Needs: Person},
	"GET /api/v1/audit":                   {Needs: ReadTrail, Platform: true},

	"GET /api/v1/oidc/:provider/start":    {Needs: Anyone},
	"GET /api/v1/oidc/:provider/callback": {Needs: Anyone},
	"POST /api/v1/passkeys/challenge":     {Needs: Anyone},
	"POST /api/v1/passkeys/sessions":      {Needs: Anyone},
	"POST /api/v1/me/passkeys/challenge":  {Needs: Person},
	"POST /api/v1/me/passkeys":            {Needs: Person},
	"GET /api/v1/me/passkeys":             {Needs: SignedIn},
	"DELETE /api/v1/me/passkeys/:id":      {Needs: SignedIn},
	"POST /api/v1/me/passkeys/proof":      {Needs: Person},

	"GET /api/v1/stalls/:id/readers": {Needs: ReadReaders},
	"GET /api/v1/users":              {Needs: ReadUsers, Platform: true},
	"POST /api/v1/users":             {Needs: WriteUsers, Platform: true},
	"GET /api/v1/users/:id":          {Needs: ReadUsers, Platform: true},
	"PATCH /api/v1/users/:id":        {Needs: WriteUsers, Platform: true},
	"POST /api/v1/users/:id/renewal": {Needs: WriteUsers, Platform: true},
	"GET /api/v1/api-keys":           {Needs: ReadUsers, Platform: true},
	"POST /api/v1/api-keys":          {Needs: WriteUsers, Platform: true},
	"DELETE /api/v1/api-keys/:id":    {Needs: WriteUsers, Platform: true},

	"POST /api/v1/phone-codes":                          {Needs: Anyone},
	"POST /api/v1/phone-sessions":                       {Needs: Anyone},
	"POST /api/v1/phone-sessions/choice":                {Needs: Anyone},
	"GET /api/v1/staff-sessions/choice":                 {Needs: Anyone},
	"POST /api/v1/staff-sessions":                       {Needs: Anyone},
	"POST /api/v1/stalls/:id/invitations":               {Needs: Invite},
	"GET /api/v1/stalls/:id/invitations":                {Needs: Invite},
	"DELETE /api/v1/stalls/:id/invitations/:invitation": {Needs: Invite},
	"POST /api/v1/stalls/:id/staff":                     {Needs: ManageStaff},
	"GET /api/v1/stalls/:id/staff":                      {Needs: ManageStaff},
	"PUT /api/v1/stalls/:id/staff/:staff/pin":           {Needs: ManageStaff},
	"DELETE /api/v1/stalls/:id/staff/:staff":            {Needs: ManageStaff},
	"POST /api/v1/stalls/:id/devices":                   {Needs: ManageStaff},
	"GET /api/v1/stalls/:id/devices":                    {Needs: ManageStaff},
	"DELETE /api/v1/stalls/:id/devices/:device":         {Needs: ManageStaff},
	"GET /api/v1/stalls/:id/shifts":                     {Needs: ManageStaff},
	"POST /api/v1/stalls/:id/soundboxes":                {Needs: KeepSoundboxes},
	"GET /api/v1/stalls/:id/soundboxes":                 {Needs: KeepSoundboxes},
	"PATCH /api/v1/stalls/:id/soundboxes/:soundbox":     {Needs: KeepSoundboxes},
	"DELETE /api/v1/stalls/:id/soundboxes/:soundbox":    {Needs: KeepSoundboxes},

	"GET /api/v1/banks":      {Needs: ReadRegister},
	"GET /api/v1/localities": {Needs: ReadRegister},

	"POST /api/v1/markets":                         {Needs: WriteMarkets, Platform: true},
	"GET /api/v1/markets":                          {Needs: ReadRegister},
	"GET /api/v1/markets/:id":                      {Needs: ReadRegister},
	"GET /api/v1/markets/:id/stalls":               {Needs: ReadRegister},
	"POST /api/v1/markets/:id/stalls":              {Needs: WriteStalls},
	"POST /api/v1/markets/:id/stalls/import":       {Needs: WriteStalls},
	"GET /api/v1/stalls/:id":                       {Needs: ReadRegister},
	"PATCH /api/v1/stalls/:id":                     {Needs: WriteStalls},
	"POST /api/v1/stalls/:id/suspend":              {Needs: WriteStalls},
	"POST /api/v1/stalls/:id/reopen":               {Needs: WriteStalls},
	"POST /api/v1/stalls/:id/close":                {Needs: WriteStalls},
	"POST /api/v1/stalls/:id/accounts":             {Needs: WriteStalls},
	"POST /api/v1/stalls/:id/tenancies":            {Needs: WriteStalls},
	"POST /api/v1/stalls/:id/codes":                {Needs: WriteStalls},
	"GET /api/v1/stalls/:id/codes":                 {Needs: ReadRegister},
	"POST /api/v1/stalls/:id/beneficiary-changes":  {Needs: ChangeAccounts},
	"GET /api/v1/stalls/:id/beneficiary-changes":   {Needs: ReadChanges},
	"GET /api/v1/markets/:id/beneficiary-changes":  {Needs: ReadChanges},
	"GET /api/v1/beneficiary-changes":              {Needs: ReadChanges},
	"POST /api/v1/beneficiary-changes/:id/approve": {Needs: ChangeAccounts},
	"POST /api/v1/beneficiary-changes/:id/cancel":  {Needs: ChangeAccounts},
	"GET /api/v1/alerts":                           {Needs: ReadAlerts},
	"POST /api/v1/alerts/:id/close":                {Needs: CloseAlerts},

	"GET /api/v1/codes":                   {Needs: ReadRegister},
	"POST /api/v1/codes/verify":           {Needs: Anyone},
	"GET /api/v1/codes/:code/poster.pdf":  {Needs: Print},
	"GET /api/v1/markets/:id/posters.pdf": {Needs: Print},
	"GET /api/v1/stalls/:id/checks":       {Needs: ReadChecks},
	"GET /api/v1/markets/:id/unchecked":   {Needs: ReadChecks},
	"POST /api/v1/stalls/:id/checks":      {Needs: CheckStickers},

	"PATCH /api/v1/merchants/:id":              {Needs: WriteStalls},
	"GET /api/v1/me/visibility":                {Needs: ReadVisibility},
	"GET /api/v1/consent-texts":                {Needs: SignedIn},
	"GET /api/v1/merchants/:id/consents":       {Needs: ReadConsents},
	"POST /api/v1/merchants/:id/consents":      {Needs: WriteConsents},
	"GET /api/v1/merchants/:id/data-requests":  {Needs: MakeDataRequests},
	"POST /api/v1/merchants/:id/data-requests": {Needs: MakeDataRequests},
	"GET /api/v1/merchants/:id/export":         {Needs: ExportPersonal},
	"GET /api/v1/data-requests":                {Needs: ReadDataRequests, Platform: true},
	"POST /api/v1/data-requests/:id/resolve":   {Needs: ResolveDataRequests, Platform: true},
	"GET /api/v1/data-subjects":                {Needs: CountSubjects, Platform: true},

	"POST /api/v1/bank-connections":                              {Needs: WriteConnections, Platform: true},
	"GET /api/v1/bank-connections":                               {Needs: WriteConnections, Platform: true},
	"GET /api/v1/bank-connections/:id":                           {Needs: WriteConnections, Platform: true},
	"PATCH /api/v1/bank-connections/:id":                         {Needs: WriteConnections, Platform: true},
	"POST /api/v1/bank-connections/:id/approve":                  {Needs: WriteConnections, Platform: true},
	"POST /api/v1/bank-connections/:id/test":                     {Needs: WriteConnections, Platform: true},
	"POST /api/v1/bank-connections/:id/secrets":                  {Needs: WriteConnections, Platform: true},
	"DELETE /api/v1/bank-connections/:id/secrets/:secret":        {Needs: WriteConnections, Platform: true},
	"GET /api/v1/notices":                                        {Needs: ReadNotices},
	"GET /api/v1/deliveries/unreadable":                          {Needs: WriteConnections, Platform: true},
	"GET /api/v1/cases":                                          {Needs: ReadCases},
	"POST /api/v1/cases/:id/resolve":                             {Needs: ResolveCases},
	"POST /api/v1/cases/:id/reopen":                              {Needs: ResolveCases},
	"POST /api/v1/cases/:id/retry":                               {Needs: ResolveCases},
	"GET /api/v1/ledger/trial-balance":                           {Needs: ReadLedger},
	"GET /api/v1/stalls/:id/payments":                            {Needs: ReadPayments},
	"GET /api/v1/stalls/:id/payments/stream":                     {Needs: ReadPayments},
	"GET /api/v1/stalls/:id/days":                                {Needs: ReadDays},
	"GET /api/v1/me/revenue-book":                                {Needs: KeepBook},
	"GET /api/v1/me/revenue-book.pdf":                            {Needs: KeepBook},
	"GET /api/v1/me/revenue-book.xlsx":                           {Needs: KeepBook},
	"POST /api/v1/me/revenue-book/cash":                          {Needs: KeepBook},
	"DELETE /api/v1/me/revenue-book/cash/:id":                    {Needs: KeepBook},
	"PUT /api/v1/me/revenue-book/receipts":                       {Needs: KeepBook},
	"POST /api/v1/stalls/:id/confirmations":                      {Needs: Confirm},
	"POST /api/v1/orders":                                        {Needs: TakeOrders},
	"GET /api/v1/push/key":                                       {Needs: SignedIn},
	"PUT /api/v1/stalls/:id/push-subscriptions":                  {Needs: HearPayments},
	"DELETE /api/v1/stalls/:id/push-subscriptions/:subscription": {Needs: HearPayments},
	"GET /api/v1/orders":                                         {Needs: ReadPayments},
	"GET /api/v1/orders/:id":                                     {Needs: ReadPayments},
	"GET /api/v1/complaints":                                     {Needs: ReadCases},
	"POST /api/v1/complaints/:id/close":                          {Needs: ResolveCases},

	"GET /api/v1/markets/:id/visits":                       {Needs: ReadFacts},
	"POST /api/v1/markets/:id/visits":                      {Needs: RecordFacts},
	"POST /api/v1/markets/:id/visits/import":               {Needs: RecordFacts},
	"GET /api/v1/markets/:id/trainings":                    {Needs: ReadFacts},
	"POST /api/v1/markets/:id/trainings":                   {Needs: RecordFacts},
	"POST /api/v1/markets/:id/trainings/import":            {Needs: RecordFacts},
	"GET /api/v1/trainings/:id/attendances":                {Needs: ReadFacts},
	"POST /api/v1/trainings/:id/attendances":               {Needs: RecordFacts},
	"POST /api/v1/trainings/:id/attendances/import":        {Needs: RecordFacts},
	"GET /api/v1/markets/:id/fees":                         {Needs: ReadFees},
	"POST /api/v1/markets/:id/fees":                        {Needs: RecordFees},
	"POST /api/v1/markets/:id/fees/import":                 {Needs: RecordFees},
	"GET /api/v1/markets/:id/declared-shares":              {Needs: ReadFacts},
	"POST /api/v1/markets/:id/declared-shares":             {Needs: RecordFacts},
	"POST /api/v1/markets/:id/declared-shares/import":      {Needs: RecordFacts},
	"GET /api/v1/markets/:id/survey-answers":               {Needs: ReadAnswers},
	"POST /api/v1/markets/:id/survey-answers":              {Needs: RecordFacts},
	"POST /api/v1/markets/:id/survey-answers/import":       {Needs: RecordFacts},
	"GET /api/v1/markets/:id/refusals":                     {Needs: ReadFacts},
	"POST /api/v1/markets/:id/refusals":                    {Needs: RecordFacts},
	"POST /api/v1/markets/:id/refusals/import":             {Needs: RecordFacts},
	"GET /api/v1/markets/:id/incidents":                    {Needs: ReadFacts},
	"POST /api/v1/markets/:id/incidents":                   {Needs: RecordFacts},
	"POST /api/v1/markets/:id/incidents/import":            {Needs: RecordFacts},
	"GET /api/v1/campaigns/:campaign/costs":                {Needs: ReadCosts},
	"POST /api/v1/campaigns/:campaign/costs":               {Needs: RecordCosts},
	"POST /api/v1/campaigns/:campaign/costs/import":        {Needs: RecordCosts},
	"POST /api/v1/incidents/:id/close":                     {Needs: RecordFacts},
	"GET /api/v1/markets/:id/sample-plans":                 {Needs: ReadSamples},
	"POST /api/v1/markets/:id/sample-plans":                {Needs: RecordFacts},
	"GET /api/v1/markets/:id/sample-slots":                 {Needs: ReadSamples},
	"POST /api/v1/markets/:id/sample-slots/import":         {Needs: RecordFacts},
	"PUT /api/v1/sample-slots/:id":                         {Needs: RecordFacts},
	"GET /api/v1/markets/:id/sample-estimate":              {Needs: ReadSamples},
	"POST /api/v1/stalls/:id/accounts/:account/name-check": {Needs: CheckNames},
	"GET /api/v1/me/field-kit":                             {Needs: RecordFacts},

	"GET /api/v1/reports/adoption":        {Needs: ReadReports},
	"GET /api/v1/reports/adoption.csv":    {Needs: ReadReports},
	"GET /api/v1/reports/adoption.xlsx":   {Needs: ReadReports},
	"GET /api/v1/reports/key":             {Needs: SignedIn},
	"GET /api/v1/reports/trend":           {Needs: ReadReports},
	"GET /api/v1/reports/markets/:market": {Needs: ReadReports},
	"GET /api/v1/reports/drill-down":      {Needs: ReadReports},
	"GET /api/v1/markets/:id/dormant":     {Needs: ReadDormant},
	"GET /api/v1/indicators":              {Needs: SignedIn},
	"GET /api/v1/indicators/:indicator":   {Needs: SignedIn},

	"POST /api/v1/campaigns": {
		Needs:    WriteProgramme,
		Platform: true,
	},
	"GET /api/v1/campaigns":                                                     {Needs: ReadProgramme},
	"GET /api/v1/campaigns/:campaign":                                           {Needs: ReadProgramme},
	"GET /api/v1/campaigns/:campaign/pilots":                                    {Needs: ReadProgramme},
	"PUT /api/v1/campaigns/:campaign/pilots/:locality":                          {Needs: Designate},
	"PUT /api/v1/campaigns/:campaign/pilots/:locality/milestones/:milestone":    {Needs: Designate},
	"DELETE /api/v1/campaigns/:campaign/pilots/:locality/milestones/:milestone": {Needs: Designate},
	"GET /api/v1/campaigns/:campaign/targets":                                   {Needs: ReadProgramme},
	"POST /api/v1/campaigns/:campaign/targets": {
		Needs:    WriteProgramme,
		Platform: true,
	},
	"DELETE /api/v1/campaigns/:campaign/targets/:target": {
		Needs:    WriteProgramme,
		Platform: true,
	},

	"POST /api/v1/periodic-reports":                                 {Needs: MakeReports},
	"GET /api/v1/periodic-reports":                                  {Needs: ReadReports},
	"GET /api/v1/periodic-reports/lateness":                         {Needs: ReadReports},
	"GET /api/v1/periodic-reports/reminders":                        {Needs: ReadReports},
	"GET /api/v1/periodic-reports/:id":                              {Needs: ReadReports},
	"POST /api/v1/periodic-reports/:id/submit":                      {Needs: MakeReports},
	"POST /api/v1/periodic-reports/:id/correct":                     {Needs: MakeReports},
	"POST /api/v1/periodic-reports/:id/approve":                     {Needs: JudgeReports},
	"POST /api/v1/periodic-reports/:id/return":                      {Needs: JudgeReports},
	"GET /api/v1/periodic-reports/:id/versions/:version":            {Needs: ReadReports},
	"GET /api/v1/periodic-reports/:id/versions/:version.csv":        {Needs: ReadReports}, // gin names the route above
	"GET /api/v1/periodic-reports/:id/versions/:version.xlsx":       {Needs: ReadReports},
	"GET /api/v1/periodic-reports/:id/versions/:version.pdf":        {Needs: ReadReports},
	"GET /api/v1/periodic-reports/:id/versions/:version.docx":       {Needs: ReadReports},
	"GET /api/v1/periodic-reports/:id/versions/:version/difference": {Needs: ReadReports},
}

// RuleOf returns the rule of a route as gin ("/api/v1/stalls/:id") or OpenAPI
// ("/api/v1/stalls/{id}") names it.
func RuleOf(method, path string) (Rule, bool) {
	r, found := rules[method+" "+strings.NewReplacer("{", ":", "}", "").Replace(path)]
	return r, found
}

// Permission is a row of the table of who may do what.
type Permission struct {
	Action Action
	Roles  []Role
}

// Permissions returns the table, in order of the actions' names.
func Permissions() []Permission {
	table := make([]Permission, 0, len(permissions))
	for _, a := range slices.Sorted(maps.Keys(permissions)) {
		table = append(table, Permission{a, permissions[a]})
	}
	return table
}
