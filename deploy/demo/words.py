"""Every word that the portals show, in Vietnamese and English. Vietnamese is the default."""

LANGUAGES = ("vi", "en")

TITLES = {
    "national": {
        "vi": "Cổng Dịch vụ công quốc gia (thử nghiệm)",
        "en": "National Public Service Portal (test)",
    },
    "province": {
        "vi": "Cổng Dịch vụ công tỉnh Lào Cai (thử nghiệm)",
        "en": "Lào Cai Province Public Service Portal (test)",
    },
}

WORDS = {
    "test_notice": {
        "vi": "Trang thử nghiệm. Không có hồ sơ nào được tiếp nhận ở đây.",
        "en": "A test site. No application is received here.",
    },
    "other_language": {"vi": "English", "en": "Tiếng Việt"},
    "skip": {"vi": "Đến nội dung chính", "en": "Skip to main content"},
    "welcome": {
        "vi": "Một lần đăng nhập cho mọi cổng dịch vụ công",
        "en": "One sign-in for every public service portal",
    },
    "invitation": {
        "vi": "Đăng nhập bằng tài khoản Định Danh để nộp hồ sơ và theo dõi kết quả. "
        "Nếu bạn đã đăng nhập ở một cổng khác, bạn sẽ không phải nhập lại mật khẩu.",
        "en": "Sign in with your Định Danh account to apply for services and follow your applications. "
        "If you are already signed in at another portal, you will not be asked for your password again.",
    },
    "sign_in": {"vi": "Đăng nhập bằng Định Danh", "en": "Sign in with Định Danh"},
    "sign_out": {"vi": "Đăng xuất", "en": "Sign out"},
    "hello": {"vi": "Xin chào,", "en": "Hello,"},
    "signed_in_here": {"vi": "Bạn đã đăng nhập tại cổng này.", "en": "You are signed in at this portal."},
    "to_other": {"vi": "Sang {portal}", "en": "Go to {portal}"},
    "to_other_why": {
        "vi": "Bạn sẽ được nhận ra ở đó mà không phải đăng nhập lại.",
        "en": "You will be known there without signing in again.",
    },
    "what_we_know": {"vi": "Thông tin cổng này nhận được", "en": "What this portal was told about you"},
    "for_developers": {"vi": "Dành cho người phát triển", "en": "For developers"},
    "id_token": {"vi": "ID token đã giải mã", "en": "Decoded ID token"},
    "access_token": {"vi": "Access token đã giải mã", "en": "Decoded access token"},
    "opaque": {"vi": "Không phải JWT, cổng không đọc được.", "en": "Not a JWT; a portal cannot read it."},
    "header": {"vi": "Phần đầu", "en": "Header"},
    "payload": {"vi": "Nội dung", "en": "Payload"},
    "signed_out": {"vi": "Bạn đã đăng xuất", "en": "You are signed out"},
    "signed_out_more": {
        "vi": "Phiên của bạn tại cổng này và tại Định Danh đã kết thúc.",
        "en": "Your session at this portal and at Định Danh has ended.",
    },
    "signed_out_here": {
        "vi": "Phiên của bạn tại cổng này đã kết thúc, nhưng Định Danh không trả lời nên phiên ở đó có thể vẫn còn. "
        "Nếu dùng máy chung, hãy đóng trình duyệt.",
        "en": "Your session at this portal has ended, but Định Danh did not answer, so your session there may still "
        "be open. On a shared computer, close the browser.",
    },
    "home": {"vi": "Về trang chủ", "en": "Back to the home page"},
    "try_again": {"vi": "Đăng nhập lại", "en": "Sign in again"},
    "error_title": {"vi": "Chưa đăng nhập được", "en": "You are not signed in"},
    "lost_title": {"vi": "Không tìm thấy trang", "en": "Page not found"},
    "error_code": {"vi": "Mã lỗi", "en": "Error code"},
}

ERRORS = {
    "provider_unreachable": {
        "vi": "Hệ thống Định Danh hiện không trả lời. Hãy thử lại sau ít phút; bạn không phải làm gì khác.",
        "en": "Định Danh does not answer at the moment. Try again in a few minutes; there is nothing else to do.",
    },
    "access_denied": {
        "vi": "Việc đăng nhập đã bị từ chối, hoặc bạn đã không đồng ý chia sẻ thông tin với cổng này. "
        "Muốn dùng dịch vụ, hãy đăng nhập lại và chọn đồng ý.",
        "en": "The sign-in was refused, or you did not agree to share your information with this portal. "
        "To use its services, sign in again and agree.",
    },
    "refused": {
        "vi": "Định Danh không chấp nhận yêu cầu của cổng này. Hãy thử lại; nếu vẫn không được, "
        "hãy báo cho đơn vị quản trị cổng kèm mã lỗi bên dưới.",
        "en": "Định Danh did not accept this portal's request. Try again; if it still fails, "
        "tell the people who run this portal and give them the code below.",
    },
    "answer_not_ours": {
        "vi": "Lần đăng nhập này đã quá lâu hoặc không bắt đầu từ trình duyệt này. Hãy đăng nhập lại từ đầu.",
        "en": "This sign-in took too long, or it did not begin in this browser. Start again.",
    },
    "answer_not_genuine": {
        "vi": "Câu trả lời nhận được không đúng là của Định Danh nên đã bị bỏ. Hãy đăng nhập lại; "
        "nếu lỗi lặp lại, hãy báo cho đơn vị quản trị cổng.",
        "en": "The answer that came back was not genuine and was dropped. Sign in again; "
        "if this happens again, tell the people who run this portal.",
    },
    "provider_unknown": {
        "vi": "Cổng này không nhận đăng nhập từ nơi đã dẫn bạn tới đây. Hãy đăng nhập từ trang chủ của cổng.",
        "en": "This portal takes no sign-in from where you were sent here. Sign in from the portal's home page.",
    },
    "not_found": {
        "vi": "Địa chỉ này không có trên cổng. Hãy kiểm tra lại hoặc về trang chủ.",
        "en": "This portal has no such address. Check it, or go back to the home page.",
    },
}

CLAIMS = {
    "name": {"vi": "Họ và tên", "en": "Full name"},
    "birthdate": {"vi": "Ngày sinh", "en": "Date of birth"},
    "gender": {"vi": "Giới tính", "en": "Gender"},
    "citizen_number": {"vi": "Số định danh cá nhân", "en": "Citizen number"},
    "phone_number": {"vi": "Số điện thoại", "en": "Phone number"},
    "phone_number_verified": {"vi": "Số điện thoại đã xác minh", "en": "Phone number verified"},
    "email": {"vi": "Thư điện tử", "en": "E-mail"},
    "address": {"vi": "Nơi thường trú", "en": "Permanent residence"},
    "nationality": {"vi": "Quốc tịch", "en": "Nationality"},
    "account_level": {"vi": "Mức độ tài khoản", "en": "Account level"},
    "acr": {"vi": "Mức xác thực", "en": "Authentication level"},
    "amr": {"vi": "Cách xác thực", "en": "Authentication methods"},
    "auth_time": {"vi": "Đăng nhập lúc", "en": "Signed in at"},
    "sub": {"vi": "Mã của bạn tại cổng này", "en": "Your identifier at this portal"},
}
"""Labels of the claims that people are shown, in the order they are shown; the other claims are for developers."""

VALUES = {
    "male": {"vi": "Nam", "en": "Male"},
    "female": {"vi": "Nữ", "en": "Female"},
    "yes": {"vi": "Có", "en": "Yes"},
    "no": {"vi": "Không", "en": "No"},
    "year_only": {"vi": "{year} (chỉ có năm)", "en": "{year} (year only)"},
    "level": {"vi": "Mức {level}", "en": "Level {level}"},
    "pwd": {"vi": "mật khẩu", "en": "password"},
    "otp": {"vi": "mã dùng một lần", "en": "one-time code"},
    "sms": {"vi": "tin nhắn SMS", "en": "text message"},
    "hwk": {"vi": "khoá trên thiết bị phần cứng", "en": "hardware key"},
    "swk": {"vi": "khoá phần mềm", "en": "software key"},
    "pin": {"vi": "mã PIN", "en": "PIN"},
    "pop": {"vi": "chứng minh giữ khoá", "en": "proof of key"},
    "mfa": {"vi": "nhiều yếu tố", "en": "several factors"},
}
