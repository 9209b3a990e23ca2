package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
)

// Users is where admins manage people and programs.
type Users struct {
	People *signin.People
	Keys   *signin.APIKeys
	Now    func() time.Time
}

// Routes mounts the table of routes.
func (u *Users) Routes(e *Edge) {
	op := func(method, path, id, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status,
			Tags: []string{"users"},
		}
	}
	huma.Register(e.API, op(http.MethodGet, "/api/v1/users", "list-users", "Người dùng: who signs in, by login", 0),
		u.list)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/users", "create-user",
		"Tạo người dùng: returns password, second factor and recovery codes once", http.StatusCreated), u.create)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/users/{id}", "get-user", "A user", 0), u.get)
	huma.Register(e.API, op(http.MethodPatch, "/api/v1/users/{id}", "change-user",
		"Change name, role, scopes or state; a new role or scope signs out", 0), u.change)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/users/{id}/renewal", "renew-user",
		"Cấp lại: a new password, second factor and recovery codes; opens a closed account", http.StatusOK), u.renew)
	huma.Register(e.API, op(http.MethodGet, "/api/v1/api-keys", "list-api-keys",
		"Khóa API, newest first, without the keys", 0), u.listKeys)
	huma.Register(e.API, op(http.MethodPost, "/api/v1/api-keys", "create-api-key", "A key for a program, shown once",
		http.StatusCreated), u.createKey)
	huma.Register(e.API, op(http.MethodDelete, "/api/v1/api-keys/{id}", "revoke-api-key",
		"Revoke a key; every server refuses it within two seconds", http.StatusNoContent), u.revokeKey)
}

func (u *Users) list(ctx context.Context, in *struct{ Page }) (*Body[List[signin.User]], error) {
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	items, err := u.People.Users(ctx, after.Text, in.Size()+1)
	if err != nil {
		return nil, err
	}
	items, next := Cut(items, in.Page, func(u signin.User) Mark { return Mark{Text: u.Login} })
	return Answer(List[signin.User]{Items: items, Next: next}, nil)
}

func (u *Users) get(ctx context.Context, in *Named) (*Body[*signin.User], error) {
	id, err := in.UUID("user")
	if err != nil {
		return nil, err
	}
	return Answer(u.People.User(ctx, id))
}

// requireProof returns the caller. A person must have proved recently who it is, because the
// operation gives others access.
func (u *Users) requireProof(ctx context.Context) (roles.Principal, error) {
	who, err := roles.From(ctx)
	if err == nil && who.SessionID != nil {
		err = who.RequireFreshProof(u.Now())
	}
	return who, err
}

// NewUser is a user with the secrets that are shown once.
type NewUser struct {
	signin.User
	Enrolment *signin.Enrolment `json:"enrolment"`
}

func (u *Users) create(ctx context.Context, in *struct{ Body signin.UserOrder }) (*Body[NewUser], error) {
	if _, err := u.requireProof(ctx); err != nil {
		return nil, err
	}
	secrets, err := u.People.Create(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	return u.newUser(ctx, secrets)
}

func (u *Users) newUser(ctx context.Context, secrets *signin.Enrolment) (*Body[NewUser], error) {
	made, err := u.People.User(ctx, secrets.ID)
	if err != nil {
		return nil, err
	}
	return Answer(NewUser{*made, secrets}, nil)
}

func (u *Users) renew(ctx context.Context, in *Named) (*Body[NewUser], error) {
	if _, err := u.requireProof(ctx); err != nil {
		return nil, err
	}
	id, err := in.UUID("user")
	if err != nil {
		return nil, err
	}
	secrets, err := u.People.RenewUser(ctx, id)
	if err != nil {
		return nil, err
	}
	return u.newUser(ctx, secrets)
}

func (u *Users) change(ctx context.Context, in *struct {
	Named
	Body signin.UserChange
},
) (*Body[*signin.User], error) {
	who, err := u.requireProof(ctx)
	if err != nil {
		return nil, err
	}
	id, err := in.UUID("user")
	if err != nil {
		return nil, err
	}
	return Answer(u.People.ChangeUser(ctx, who, id, in.Body))
}

func (u *Users) listKeys(ctx context.Context, in *struct{ Page }) (*Body[List[signin.ListedKey]], error) {
	after, err := in.Mark()
	if err != nil {
		return nil, err
	}
	items, err := u.Keys.List(ctx, after.ID, in.Size()+1)
	if err != nil {
		return nil, err
	}
	items, next := Cut(items, in.Page, func(k signin.ListedKey) Mark { return Mark{ID: k.ID} })
	return Answer(List[signin.ListedKey]{Items: items, Next: next}, nil)
}

// newKey is a key, shown once.
type newKey struct {
	Body struct {
		Key string `json:"key"`
	}
}

func (u *Users) createKey(ctx context.Context, in *struct{ Body signin.Order }) (*newKey, error) {
	who, err := u.requireProof(ctx)
	if err != nil {
		return nil, err
	}
	in.Body.Maker = &who.ActorID
	made := &newKey{}
	made.Body.Key, err = u.Keys.Create(ctx, in.Body)
	return made, err
}

func (u *Users) revokeKey(ctx context.Context, in *Named) (*struct{}, error) {
	if _, err := u.requireProof(ctx); err != nil {
		return nil, err
	}
	id, err := in.UUID("key")
	if err != nil {
		return nil, err
	}
	return nil, u.Keys.Revoke(ctx, id)
}
