package frontend

import (
	"net"
	"net/http"

	"github.com/gin-gonic/gin"

	"market40/merchants/access/roles"
	"market40/merchants/access/signin"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
)

// roleButton is a button of the start page: it signs in as a role and opens the role's app.
type roleButton struct {
	Role           roles.Role
	Vi, En         string // the name of the role
	DoesVi, DoesEn string // what it does there
	Opens          string // its app
}

var roleButtons = []roleButton{
	{
		roles.Merchant, "Tiểu thương", "Stall owner", "nghe và xem tiền vào sạp", "hears and sees the stall's payments",
		"/stall/",
	},
	{
		roles.Manager, "Ban quản lý chợ", "Market board", "sạp, mã QR, hồ sơ sai lệch", "stalls, QR codes, cases",
		"/district/",
	},
	{
		roles.Team, "Tổ công nghệ số", "Digital team", "lượt hỗ trợ, tập huấn, khảo sát", "visits, trainings, surveys",
		"/district/",
	},
	{
		roles.LocalityOfficer, "Cán bộ địa phương", "Locality officer", "chỉ số và báo cáo của địa phương",
		"figures and reports of a locality", "/district/",
	},
	{
		roles.ProvinceOfficer, "Cán bộ tỉnh", "Province officer", "cả tỉnh, chỉ tiêu, phê duyệt",
		"the province, targets, approvals", "/district/",
	},
	{
		roles.Auditor, "Kiểm toán", "Auditor", "đọc mọi thứ, không đổi gì", "reads everything, changes nothing",
		"/district/",
	},
	{
		roles.Admin, "Quản trị", "Administrator", "người dùng, kết nối báo có", "users, bank connections",
		"/district/",
	},
}

// signIn opens a session as the demo's user of a role and sends the browser to the role's app. Only this server's own
// page may ask for it, at an address of this machine or network: another site's name that leads here is refused.
func (s *Start) signIn(c *gin.Context) error {
	v := web.VisitorOf(c.Request)
	if err := s.site.AllowSignIn(v); err != nil {
		return err
	}
	host := c.Request.Host
	if !web.SameOrigin(c.GetHeader, host) || !isNear(host) && s.site.PublicURL != "https://"+host {
		return web.CrossOrigin()
	}
	for _, b := range roleButtons {
		if string(b.Role) != c.Param("role") {
			continue
		}
		user, err := s.people.FindLogin(c.Request.Context(), "demo."+string(b.Role))
		if err != nil {
			return err
		}
		token, _, err := s.people.OpenSession(c.Request.Context(), signin.Opening{
			User: user, Method: signin.ByInvitation, Visit: signin.VisitOf(v),
		})
		if err != nil {
			return err
		}
		cookie := signin.CookieOf(b.Role, token)
		http.SetCookie(c.Writer, &cookie)
		c.Redirect(http.StatusSeeOther, b.Opens)
		return nil
	}
	return problem.Missing("role")
}

// isNear reports whether a Host header is an address or localhost.
func isNear(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	return name == "localhost" || net.ParseIP(name) != nil
}
