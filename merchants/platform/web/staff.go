package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
)

// caller returns the caller and the stall of the path.
func (n Named) caller(ctx context.Context) (roles.Principal, uuid.UUID, error) {
	who, err := roles.From(ctx)
	if err != nil {
		return who, uuid.Nil, err
	}
	stall, err := n.UUID("stall")
	return who, stall, err
}

// otherID returns the second id of a path. An object of another stall is refused as missing, too.
func otherID(text, what string) (uuid.UUID, error) { return Named{text}.UUID(what) }

// checkName returns a name, and refuses one of spaces only.
func checkName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		return "", problem.Of("name", "required", "Cần điền tên.", "The name is missing.")
	}
	return name, nil
}

type pinBody struct {
	PIN string `json:"pin" maxLength:"20" doc:"4 to 6 digits that are not easily guessed"`
}

func (s *Stalls) addSeller(ctx context.Context, in *struct {
	Named
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100"`
		PIN  string `json:"pin" maxLength:"20" doc:"4 to 6 digits that are not easily guessed"`
	}
},
) (*Body[signin.Seller], error) {
	who, stall, err := in.caller(ctx)
	if err != nil {
		return nil, err
	}
	name, err := checkName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	made, err := s.People.AddSeller(ctx, who, stall, name, in.Body.PIN)
	if err != nil {
		return nil, err
	}
	return Answer(*made, nil)
}

func (s *Stalls) listSellers(ctx context.Context, in *Named) (*Body[List[signin.Seller]], error) {
	who, stall, err := in.caller(ctx)
	if err != nil {
		return nil, err
	}
	items, err := s.People.Sellers(ctx, who, stall)
	return Answer(List[signin.Seller]{Items: items}, err)
}

// NamedStaff is the path of one of a stall's staff.
type NamedStaff struct {
	Named
	Staff string `path:"staff"`
}

func (n NamedStaff) both(ctx context.Context) (who roles.Principal, stall, seller uuid.UUID, err error) {
	if who, stall, err = n.caller(ctx); err == nil {
		seller, err = otherID(n.Staff, "seller")
	}
	return who, stall, seller, err
}

func (s *Stalls) changePIN(ctx context.Context, in *struct {
	NamedStaff
	Body pinBody
},
) (*struct{}, error) {
	who, stall, seller, err := in.both(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.People.ChangePIN(ctx, who, stall, seller, in.Body.PIN)
}

func (s *Stalls) removeSeller(ctx context.Context, in *NamedStaff) (*struct{}, error) {
	who, stall, seller, err := in.both(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.People.RemoveSeller(ctx, who, stall, seller)
}

type enrolledDevice struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      signin.StallDevice
}

func (s *Stalls) enrol(ctx context.Context, in *struct {
	Named
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100" example:"Điện thoại ở quầy"`
	}
},
) (*enrolledDevice, error) {
	who, stall, err := in.caller(ctx)
	if err != nil {
		return nil, err
	}
	name, err := checkName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	made, token, err := s.People.Enrol(ctx, who, stall, name)
	if err != nil {
		return nil, err
	}
	return &enrolledDevice{http.Cookie{
		Name: signin.DeviceCookie, Value: token, Path: "/", MaxAge: int(signin.DeviceLasts.Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}, *made}, nil
}

func (s *Stalls) listDevices(ctx context.Context, in *Named) (*Body[List[signin.StallDevice]], error) {
	who, stall, err := in.caller(ctx)
	if err != nil {
		return nil, err
	}
	items, err := s.People.Devices(ctx, who, stall)
	return Answer(List[signin.StallDevice]{Items: items}, err)
}

func (s *Stalls) revokeDevice(ctx context.Context, in *struct {
	Named
	Device string `path:"device"`
},
) (*struct{}, error) {
	who, stall, err := in.caller(ctx)
	if err != nil {
		return nil, err
	}
	device, err := otherID(in.Device, "device")
	if err != nil {
		return nil, err
	}
	return nil, s.People.RevokeDevice(ctx, who, stall, device)
}

// OnDevice is a request of a device that a merchant enrolled; embed it in a huma input.
type OnDevice struct {
	Device string `cookie:"__Host-m40-stall" maxLength:"100"`
}

func (s *Stalls) counter(ctx context.Context, in *OnDevice) (*Body[signin.Counter], error) {
	at, err := s.People.Counter(ctx, in.Device)
	if err != nil {
		return nil, err
	}
	return Answer(*at, nil)
}

func (s *Stalls) startShift(ctx context.Context, in *struct {
	Visitor
	OnDevice
	Body struct {
		StaffID string `json:"staff_id" maxLength:"36"`
		PIN     string `json:"pin" minLength:"1" maxLength:"20"`
	}
},
) (*signedIn, error) {
	if err := s.refuseForeignSite(in.Visitor); err != nil {
		return nil, err
	}
	seller, err := uuid.Parse(in.Body.StaffID)
	if err != nil {
		seller = uuid.Nil // unknown: refused as a wrong PIN is
	}
	token, session, err := s.People.StartShift(ctx, in.Device, seller, in.Body.PIN, in.visit())
	if err != nil {
		return nil, err
	}
	// The session that this browser held before, the merchant's as a rule, does not lie behind the
	// shift.
	if before, err := roles.From(ctx); err == nil && before.SessionID != nil {
		if err := s.People.EndSession(ctx, before, *before.SessionID); err != nil &&
			!errors.Is(err, problem.Missing("session")) {
			return nil, err
		}
	}
	return &signedIn{sessionCookie(roles.Staff, token), *session}, nil
}
