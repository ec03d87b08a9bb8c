"""The notices in languages in which they help to read: nobody agrees to a translation, so its wording may be mended.

version → language → (title, paragraphs) of the six items of §8. The Chinese text of ``app.privacy.notices`` binds.
"""

from __future__ import annotations

TRANSLATIONS: dict[str, dict[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "2026-11": {
        "vi": (
            (
                "1. Cơ quan thu thập dữ liệu",
                (
                    "Sở Giáo dục, Chính quyền thành phố Đào Viên, và trường nơi quý vị làm việc, học tập hoặc con quý "
                    "vị theo học (sau đây gọi chung là chúng tôi).",
                ),
            ),
            (
                "2. Mục đích thu thập",
                (
                    "Đăng ký tài khoản và đăng nhập, nộp và xét duyệt đơn xin liên kết học sinh, sổ liên lạc hằng ngày, "
                    "bảng tin lớp, xem điểm số, chuyên cần, khen thưởng và kỷ luật, trao đổi giữa phụ huynh và nhà "
                    "trường, và bảo đảm an ninh thông tin. Mục đích cụ thể: quản lý giáo dục hoặc đào tạo (109), quản "
                    "lý dữ liệu học sinh (158), quản lý thông tin và cơ sở dữ liệu (136), an ninh thông tin (137); với "
                    "tài khoản công vụ giáo dục còn có quản lý nhân sự (002).",
                ),
            ),
            (
                "3. Các loại dữ liệu cá nhân",
                (
                    "Họ tên, số giấy tờ tùy thân, ngày sinh, hộp thư điện tử và số điện thoại di động (C001, C003, "
                    "C011); quan hệ của quý vị với học sinh và thông tin học sinh quý vị điền khi nộp đơn liên kết "
                    "(C023, C051); đơn vị công tác và chức danh (C061); các tin nhắn quý vị gửi tại đây; thời gian, địa "
                    "chỉ mạng và thiết bị khi quý vị đăng nhập.",
                ),
            ),
            (
                "4. Thời hạn, khu vực, đối tượng và cách sử dụng",
                (
                    "Thời hạn: trong thời gian tài khoản còn tồn tại, và các thời hạn theo quy định lưu giữ dữ liệu của "
                    "nền tảng này; hết hạn dữ liệu sẽ bị xóa.",
                    "Khu vực: lãnh thổ Trung Hoa Dân Quốc (Đài Loan).",
                    "Đối tượng: chúng tôi và nhân viên nhà trường có nhiệm vụ cần đến; bên được chúng tôi ủy thác duy "
                    "trì nền tảng, chỉ trong phạm vi được ủy thác. Ngoài ra không cung cấp cho ai khác, trừ khi luật có "
                    "quy định.",
                    "Cách sử dụng: xử lý tự động bằng máy. Số giấy tờ tùy thân được lưu dưới dạng mã hóa và chỉ hiển "
                    "thị một phần; mỗi lần xem hồ sơ học sinh đều được ghi vào nhật ký kiểm tra.",
                ),
            ),
            (
                "5. Quyền của quý vị và cách thực hiện",
                (
                    "Theo Điều 3 Luật Bảo vệ dữ liệu cá nhân, quý vị có quyền hỏi hoặc xem dữ liệu, yêu cầu bản sao, "
                    "yêu cầu bổ sung hoặc sửa đổi, yêu cầu ngừng thu thập, xử lý hoặc sử dụng, và yêu cầu xóa.",
                    "Sau khi đăng nhập, quý vị xem và sửa dữ liệu trong “Thông tin cơ bản của tôi”, tải bản sao trong "
                    "“Dữ liệu của tôi”. Các yêu cầu khác xin gọi Sở Giáo dục, (03) 332-2101; về dữ liệu học sinh xin "
                    "liên hệ trường.",
                ),
            ),
            (
                "6. Nếu quý vị không cung cấp dữ liệu",
                (
                    "Quý vị được tự do lựa chọn. Thiếu dữ liệu bắt buộc, chúng tôi không thể biết quý vị là ai, nên "
                    "không thể tạo tài khoản, nộp đơn liên kết học sinh hay dùng các chức năng cần đăng nhập; các trang "
                    "công khai vẫn mở cho mọi người.",
                ),
            ),
        ),
        "id": (
            (
                "1. Instansi yang mengumpulkan data",
                (
                    "Dinas Pendidikan, Pemerintah Kota Taoyuan, serta sekolah tempat Anda bekerja, belajar, atau tempat "
                    "anak Anda bersekolah (selanjutnya disebut kami).",
                ),
            ),
            (
                "2. Tujuan pengumpulan",
                (
                    "Pendaftaran akun dan proses masuk, pengajuan dan peninjauan tautan siswa, buku penghubung harian, "
                    "papan pengumuman kelas, melihat nilai, kehadiran, penghargaan dan sanksi, percakapan antara wali "
                    "dan sekolah, serta keamanan informasi. Tujuan khusus: administrasi pendidikan atau pelatihan "
                    "(109), pengelolaan data siswa (158), pengelolaan informasi dan basis data (136), keamanan "
                    "informasi (137); untuk akun dinas pendidikan juga pengelolaan kepegawaian (002).",
                ),
            ),
            (
                "3. Jenis data pribadi",
                (
                    "Nama, nomor identitas, tanggal lahir, kotak surel, dan nomor ponsel (C001, C003, C011); hubungan "
                    "Anda dengan siswa dan data siswa yang Anda isi untuk mengajukan tautan (C023, C051); unit kerja "
                    "dan jabatan (C061); pesan yang Anda kirim di sini; waktu, alamat jaringan, dan perangkat saat Anda "
                    "masuk.",
                ),
            ),
            (
                "4. Jangka waktu, wilayah, penerima, dan cara penggunaan",
                (
                    "Jangka waktu: selama akun masih ada, dan selama jangka waktu menurut aturan penyimpanan data "
                    "platform ini; setelah itu data dihapus.",
                    "Wilayah: wilayah Republik Tiongkok (Taiwan).",
                    "Penerima: kami, dan pegawai sekolah yang membutuhkannya untuk tugasnya; pihak yang kami tugasi "
                    "memelihara platform ini, hanya dalam lingkup tugasnya. Tidak ada pihak lain, kecuali ditentukan "
                    "oleh undang-undang.",
                    "Cara: pemrosesan otomatis dengan mesin. Nomor identitas disimpan terenkripsi dan hanya ditampilkan "
                    "sebagian; setiap kali catatan siswa dibaca, hal itu dicatat dalam log audit.",
                ),
            ),
            (
                "5. Hak Anda dan cara menggunakannya",
                (
                    "Menurut Pasal 3 Undang-Undang Pelindungan Data Pribadi, Anda berhak menanyakan atau membaca data "
                    "Anda, meminta salinan, meminta pelengkapan atau perbaikan, meminta penghentian pengumpulan, "
                    "pemrosesan, atau penggunaan, serta meminta penghapusan.",
                    "Setelah masuk, Anda dapat membaca dan memperbaiki data di “Data dasar saya” dan mengunduh "
                    "salinannya di “Data saya”. Untuk permintaan lain hubungi Dinas Pendidikan, (03) 332-2101; mengenai "
                    "data siswa hubungi sekolah.",
                ),
            ),
            (
                "6. Jika Anda tidak memberikan data",
                (
                    "Anda bebas memilih. Tanpa data yang wajib, kami tidak dapat memastikan siapa Anda, sehingga akun "
                    "tidak dapat dibuat, tautan siswa tidak dapat diajukan, dan fungsi yang memerlukan masuk tidak "
                    "dapat digunakan; halaman publik tetap terbuka bagi semua orang.",
                ),
            ),
        ),
    },
}
