package merchants

import (
	"regexp"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"market40/merchants/encodings"
	"market40/merchants/phones"
	"market40/merchants/platform/problem"
)

// MerchantOrder names a merchant: a known one by id or phone, or a new one.
type MerchantOrder struct {
	ID            string `json:"id,omitempty" doc:"a merchant that is registered already"`
	FullName      string `json:"full_name,omitempty" maxLength:"100" doc:"required without id"`
	Phone         string `json:"phone,omitempty" maxLength:"30" doc:"required without id; a known phone with the same name means the same merchant" example:"0912345678"`
	KnownPhone    string `json:"known_phone,omitempty" enum:"same_person,another_person" doc:"of a phone that is known under another name: whether this is the same person; absent: refused (phone_of_another)"`
	HouseholdName string `json:"household_name,omitempty" maxLength:"200" doc:"the registered household business; absent: a person"`
	TaxCode       string `json:"tax_code,omitempty" maxLength:"20"`
}

// Merchant is who has a stall, as the caller may see it.
type Merchant struct {
	ID            uuid.UUID `json:"id"`
	FullName      string    `json:"full_name"`
	HouseholdName string    `json:"household_name"`
	Phone         string    `json:"phone" doc:"whole, or its last three digits by role"`
}

// person is a merchant as ordered, in normal form.
type person struct {
	MerchantOrder
	id         uuid.UUID // Nil: not named by id
	phoneIndex []byte    // nil: no phone
}

// taxForm: 10 digits, a branch's 13, or since 1 July 2025 the 12 digits of a personal identity
// number (Circular 86/2024/TT-BTC, article 5).
var taxForm = regexp.MustCompile(`^[0-9]{10}(-?[0-9]{3})?$|^[0-9]{12}$`)

// person puts an order into normal form and tells everything that is wrong with it by itself. A
// board's list may leave the phone out; the API asks for it.
func (r *Registry) person(o MerchantOrder) (*person, []problem.Field) {
	if o.ID != "" {
		id, err := uuid.Parse(o.ID)
		if err != nil {
			return &person{MerchantOrder: o}, []problem.Field{merchantUnknown()}
		}
		return &person{MerchantOrder: o, id: id}, nil
	}
	faults := encodings.Faults(map[string]string{
		"merchant.full_name":      o.FullName,
		"merchant.household_name": o.HouseholdName,
	})
	o.FullName, o.HouseholdName, o.TaxCode = oneLine(o.FullName), oneLine(o.HouseholdName), strings.TrimSpace(o.TaxCode)
	if o.FullName == "" {
		faults = append(faults, required("merchant.full_name"))
	}
	p := &person{MerchantOrder: o}
	if o.Phone != "" {
		phone, ok := phones.Normal(o.Phone)
		if !ok {
			faults = append(faults, problem.Field{
				Name: "merchant.phone", Code: "phone_form",
				Vi: "Số điện thoại chưa đúng, ví dụ 0912345678.",
				En: "This is no Vietnamese phone number, such as 0912345678.",
			})
		}
		p.Phone, p.phoneIndex = phone, r.keys.Index("phone", phone)
	}
	if o.TaxCode != "" && !taxForm.MatchString(o.TaxCode) {
		faults = append(faults, problem.Field{
			Name: "merchant.tax_code", Code: "tax_code_form",
			Vi: "Mã số thuế gồm 10, 12 hoặc 13 chữ số.", En: "A tax code has 10, 12 or 13 digits.",
		})
	}
	return p, faults
}

func merchantUnknown() problem.Field {
	return problem.Field{
		Name: "merchant.id", Code: "merchant_unknown", Vi: "Không tìm thấy tiểu thương này.",
		En: "No such merchant.",
	}
}

// What an order says of a phone that is known under another name.
const (
	samePersonAs  = "same_person"
	anotherPerson = "another_person"
)

// sameText compares texts without case and spacing.
func sameText(a, b string) bool { return strings.EqualFold(oneLine(a), oneLine(b)) }

// oneLine is a text in NFC, trimmed, with each run of spaces made one.
func oneLine(text string) string {
	return strings.Join(strings.Fields(norm.NFC.String(text)), " ")
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
