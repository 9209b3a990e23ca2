package problem

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/text/language"
)

// MediaType of an answered problem (RFC 9457, section 4).
const MediaType = "application/problem+json"

// Body is a problem as it is answered.
type Body struct {
	Type   string      `json:"type" doc:"about:blank, or an address that explains the code" example:"about:blank"`
	Title  string      `json:"title" doc:"the kind of problem, for people"`
	Status int         `json:"status" doc:"the HTTP status"`
	Detail string      `json:"detail" doc:"Vietnamese, or English by Accept-Language"`
	Code   string      `json:"code" doc:"stable, for programs" example:"invalid_input"`
	Errors []FieldBody `json:"errors,omitempty" doc:"each field of the input that is wrong"`
}

// FieldBody is one field at fault as it is answered.
type FieldBody struct {
	Field  string `json:"field" doc:"the path of the field as it was sent" example:"account.bank_bin"`
	Code   string `json:"code" doc:"stable, for programs" example:"required"`
	Detail string `json:"detail" doc:"what is wrong, for people"`
}

// Error makes a Body usable where huma requires its error type; it is never returned by a handler.
func (b *Body) Error() string { return b.Code + ": " + b.Detail }

// GetStatus returns the HTTP status.
func (b *Body) GetStatus() int { return b.Status }

// ContentType returns the media type of a problem, whatever was negotiated.
func (b *Body) ContentType(string) string { return MediaType }

// ContentType returns the media type of a problem, whatever was negotiated.
func (e *Error) ContentType(string) string { return MediaType }

// GetHeaders returns the headers that belong to the refusal.
func (e *Error) GetHeaders() http.Header {
	h := http.Header{}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	if e.Kind == Unauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

var titles = map[Kind][2]string{
	Malformed: {"Không đọc được", "Unreadable"}, Unauthorized: {"Chưa đăng nhập", "Unauthorized"},
	Forbidden: {"Không được phép", "Forbidden"}, NotFound: {"Không tìm thấy", "Not found"},
	Conflict: {"Xung đột", "Conflict"}, TooLarge: {"Quá lớn", "Too large"}, Unsupported: {
		"Loại nội dung không được hỗ trợ",
		"Unsupported content",
	},
	Invalid: {"Dữ liệu chưa đúng", "Invalid input"}, TooMany: {"Quá nhiều yêu cầu", "Too many requests"},
	http.StatusGone:             {"Đã thu hồi", "Gone"},
	http.StatusMethodNotAllowed: {"Phương thức không được hỗ trợ", "Method not allowed"},
	Unavailable:                 {"Tạm thời gián đoạn", "Unavailable"}, internal: {"Lỗi hệ thống", "Internal error"},
	left: {"Bên gọi đã ngắt", "Caller left"},
}

// languages are the languages of people's pages and answers; the first one is the default.
var languages = language.NewMatcher([]language.Tag{language.Vietnamese, language.English})

// English reports whether an Accept-Language header (RFC 9110, 12.5.4) prefers English over
// Vietnamese, which is the default.
func English(acceptLanguage string) bool {
	_, at := language.MatchStrings(languages, acceptLanguage)
	return at == 1
}

// In returns the problem's body in one language.
func (e *Error) In(english bool) *Body {
	say := func(vi, en string) string {
		if english {
			return en
		}
		return vi
	}
	t := titles[e.Kind]
	b := &Body{Type: "about:blank", Title: say(t[0], t[1]), Status: int(e.Kind), Detail: say(e.Vi, e.En), Code: e.Code}
	for _, f := range e.Fields {
		b.Errors = append(b.Errors, FieldBody{f.Name, f.Code, say(f.Vi, f.En)})
	}
	return b
}

// notText and notTextInJSON are the SQLSTATEs for text that PostgreSQL cannot store. NUL is the one
// character that JSON allows and a text cannot contain (PostgreSQL, appendix A:
// character_not_in_repertoire, untranslatable_character).
const (
	notText       = "22021"
	notTextInJSON = "22P05"
)

// From turns any error into a refusal. A problem stays as it is. A database that is away or too
// busy is 503, logged at most once in outageLogPause. Anything else is logged here, once, and its
// text is not shown to the caller.
func From(ctx context.Context, err error) *Error {
	var p *Error
	if errors.As(err, &p) {
		return p
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) && (refused.Code == notText || refused.Code == notTextInJSON) {
		return New(Invalid, "text_form", "Dữ liệu chứa ký tự không dùng được (NUL).",
			"The input contains a character that is not allowed (NUL).")
	}
	if callerLeft(ctx, err) {
		return New(left, "caller_left", "Bên gọi đã ngắt kết nối.", "The caller has left.")
	}
	if isOutage(err) {
		logOutage(ctx, err)
		return Outage()
	}
	slog.ErrorContext(ctx, "request failed", "error", err)
	return New(internal, "internal", "Hệ thống gặp lỗi, xin thử lại sau.",
		"Something failed on our side, please try again.")
}

// callerLeft reports whether an error only says that the caller of a request gave it up.
func callerLeft(ctx context.Context, err error) bool {
	return errors.Is(err, context.Canceled) || ctx != nil && errors.Is(ctx.Err(), context.Canceled) && isOutage(err)
}

// Handle mounts a handler that returns its error.
func Handle(h func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			Write(c, err)
		}
	}
}

// Write answers with an error and ends the request.
func Write(c *gin.Context, err error) {
	p := From(c.Request.Context(), err)
	if c.Writer.Written() {
		c.Abort()
		return
	}
	for k, v := range p.GetHeaders() {
		c.Header(k, v[0])
	}
	body, _ := json.Marshal(p.In(English(c.GetHeader("Accept-Language"))))
	c.Abort()
	c.Data(int(p.Kind), MediaType, body)
}

// Localize writes a returned *Error in the caller's language. It is a transformer of huma.
func Localize(ctx huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*Error); ok {
		return p.In(English(ctx.Header("Accept-Language"))), nil
	}
	return v, nil
}

// FromHuma turns what huma itself refuses (unreadable bodies, failed validation, an error a handler
// returned) into a problem, and sets its headers. It never echoes a rejected value. Assign it to
// huma.NewErrorWithContext.
func FromHuma(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
	var reqCtx context.Context
	language := ""
	if ctx != nil {
		reqCtx, language = ctx.Context(), ctx.Header("Accept-Language")
	}
	p := fromHuma(reqCtx, status, msg, errs)
	if ctx != nil {
		for name, values := range p.GetHeaders() {
			ctx.SetHeader(name, values[0])
		}
	}
	return p.In(English(language))
}

func fromHuma(ctx context.Context, status int, msg string, errs []error) *Error {
	switch status {
	case http.StatusBadRequest:
		return New(Malformed, "unreadable", "Không đọc được nội dung JSON.", "The JSON body could not be read.")
	case http.StatusRequestEntityTooLarge:
		return New(TooLarge, "too_large", "Nội dung quá lớn.", "The body is too large.")
	case http.StatusUnsupportedMediaType:
		return New(Unsupported, "unsupported_media_type", "Loại nội dung này không được hỗ trợ.",
			"This content type is not supported.")
	case http.StatusUnprocessableEntity:
		fields := make([]Field, 0, len(errs))
		for _, err := range errs {
			fields = append(fields, fieldOf(err))
		}
		if len(fields) == 0 {
			fields = append(fields, Field{"body", "required", "Thiếu nội dung.", "The body is missing."})
		}
		return InFields(fields...)
	}
	if status < 500 {
		return New(Kind(status), "refused", "Yêu cầu bị từ chối.", "Refused: "+msg+".")
	}
	return From(ctx, errors.Join(append([]error{errors.New(msg)}, errs...)...))
}

func fieldOf(err error) Field {
	var own *Error
	if errors.As(err, &own) && len(own.Fields) == 1 {
		return own.Fields[0]
	}
	var d huma.ErrorDetailer
	if !errors.As(err, &d) {
		return Field{"body", "invalid", "Giá trị chưa đúng.", "The value is invalid."}
	}
	detail := d.ErrorDetail()
	name := detail.Location
	for _, prefix := range []string{"body.", "query.", "path.", "header."} {
		name = strings.TrimPrefix(name, prefix)
	}
	msg := detail.Message
	switch {
	case strings.HasPrefix(msg, "expected value to be one of"):
		list := strings.Trim(strings.TrimPrefix(msg, "expected value to be one of"), " \"")
		return Field{
			name, "unknown_value", "Giá trị không có trong danh sách: " + list + ".",
			"Expected one of: " + list + ".",
		}
	case strings.HasPrefix(msg, "expected required property"):
		missing := strings.Fields(strings.TrimPrefix(msg, "expected required property"))
		if len(missing) > 0 {
			name = strings.TrimPrefix(strings.TrimPrefix(name, "body"), ".")
			name = strings.TrimPrefix(name+"."+missing[0], ".")
		}
		return Field{name, "required", "Thiếu trường này.", "This field is required."}
	case strings.HasPrefix(msg, "required "):
		return Field{name, "required", "Thiếu trường này.", "This parameter is required."}
	case msg == "expected string to be "+amountText:
		return AmountForm(name)
	case msg == "unexpected property", msg == "unknown query parameter":
		return Field{name, "unknown_field", "Không có trường này.", "This field does not exist."}
	}
	return Field{name, "invalid", expectedVi(msg), msg + "."}
}

// amountText is the patternDescription of fields that hold an amount: what they refuse is answered
// by AmountForm.
const amountText = "an amount of đồng"

// AmountForm returns the field error for a text that is not an amount.
func AmountForm(field string) Field {
	return Field{
		field, "amount_form", "Số tiền chỉ ghi chữ số, nhiều nhất 13 chữ số, không dấu chấm phân cách, thí dụ 45000.",
		"An amount is at most 13 digits without separators, such as 45000.",
	}
}

// expectations are the sentences for what was expected, huma's and our own; %s is its bound.
var expectations = []struct{ begins, vi string }{
	{"expected number >= ", "Nhỏ nhất là %s."},
	{"expected number > ", "Phải lớn hơn %s."},
	{
		"expected number <= ",
		"Lớn nhất là %s.",
	},
	{"expected number < ", "Phải nhỏ hơn %s."},
	{"expected length >= ", "Cần ít nhất %s ký tự."},
	{"expected length <= ", "Dài nhất %s ký tự."},
	{"expected array length >= ", "Cần ít nhất %s mục."},
	{"expected array length <= ", "Nhiều nhất %s mục."},
	{"expected boolean", "Cần true hoặc false."},
	{"expected integer", "Cần một số nguyên."},
	{"expected number", "Cần một số."},
	{"invalid integer", "Cần một số nguyên."},
	{"expected string to be RFC 3339 date-time", "Cần thời điểm RFC 3339, thí dụ 2026-11-20T08:30:00+07:00."},
	{"expected string to be RFC 3339 date", "Ngày có dạng 2026-11-22."},
	{"expected string to be RFC 4122 uuid", "Cần một mã UUID."},
	{"expected string", "Cần một chuỗi ký tự, trong dấu ngoặc kép."},
	{"expected array", "Cần một danh sách."},
	{"expected object", "Cần một đối tượng JSON."},
}

// expectedVi says in Vietnamese what huma expected.
func expectedVi(msg string) string {
	for _, w := range expectations {
		if bound, is := strings.CutPrefix(msg, w.begins); is {
			return strings.ReplaceAll(w.vi, "%s", bound)
		}
	}
	return "Giá trị chưa đúng dạng."
}
