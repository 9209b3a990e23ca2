package tenancies

import (
	"regexp"
	"strings"

	"github.com/google/uuid"

	"market40/merchants/encodings"
	"market40/merchants/phones"
	"market40/merchants/platform/problem"
)

// MerchantOrder names a merchant: a known one by id or phone, or a new one.
type MerchantOrder struct {
	ID            string `json:"id,omitempty" doc:"a merchant that is registered already"`
	FullName      string `json:"full_name,omitempty" maxLength:"100" doc:"required without id"`
	Phone         string `json:"phone,omitempty" maxLength:"30" doc:"required without id; a known phone with the same name means the same merchant" example:"0912345678"`
	KnownPhone    string `json:"known_phone,omitempty" enum:"same_person,another_person" doc:"if the phone is known under another name: whether this is the same person; absent: refused (phone_of_another)"`
	HouseholdName string `json:"household_name,omitempty" maxLength:"200" doc:"the registered household business; absent: a person"`
	TaxCode       string `json:"tax_code,omitempty" maxLength:"20"`
}

// merchantDraft is a merchant as ordered, in normal form.
type merchantDraft struct {
	MerchantOrder
	id         uuid.UUID // Nil: no id was given
	phoneIndex []byte    // nil: no phone
}

// TaxForm: 10 digits, a branch's 13, or since 1 July 2025 the 12 digits of a personal identity
// number (Circular 86/2024/TT-BTC, article 5).
var TaxForm = regexp.MustCompile(`^[0-9]{10}(-?[0-9]{3})?$|^[0-9]{12}$`)

// newMerchantDraft returns an order in normal form and every fault it has by itself. A board's list
// may leave the phone out; the API requires it.
func (w *Writer) newMerchantDraft(o MerchantOrder) (*merchantDraft, []problem.Field) {
	if o.ID != "" {
		id, err := uuid.Parse(o.ID)
		if err != nil {
			return &merchantDraft{MerchantOrder: o}, []problem.Field{MerchantUnknown()}
		}
		return &merchantDraft{MerchantOrder: o, id: id}, nil
	}
	faults := encodings.Faults(map[string]string{
		"merchant.full_name":      o.FullName,
		"merchant.household_name": o.HouseholdName,
	})
	o.FullName, o.HouseholdName = encodings.OneLine(o.FullName), encodings.OneLine(o.HouseholdName)
	o.TaxCode = strings.TrimSpace(o.TaxCode)
	if o.FullName == "" {
		faults = append(faults, problem.Required("merchant.full_name"))
	}
	p := &merchantDraft{MerchantOrder: o}
	if o.Phone != "" {
		phone, ok := phones.Normalize(o.Phone)
		if !ok {
			faults = append(faults, problem.Field{
				Name: "merchant.phone", Code: "phone_form",
				Vi: "Số điện thoại chưa đúng, ví dụ 0912345678.",
				En: "The phone number is not valid: expected a Vietnamese one, such as 0912345678.",
			})
		}
		p.Phone, p.phoneIndex = phone, w.keys.Index("phone", phone)
	}
	if o.TaxCode != "" && !TaxForm.MatchString(o.TaxCode) {
		faults = append(faults, problem.Field{
			Name: "merchant.tax_code", Code: "tax_code_form",
			Vi: "Mã số thuế gồm 10, 12 hoặc 13 chữ số.", En: "A tax code has 10, 12 or 13 digits.",
		})
	}
	return p, faults
}

// What an order says about a phone that is registered under another name.
const (
	SamePersonAs  = "same_person"
	AnotherPerson = "another_person"
)
