"""Passwords that are tried first: refused. All in lower case, eight characters or more."""

_LISTED = """
password password1 password2 password12 password123 password1234 password! password1! passw0rd
p@ssword p@ssw0rd pa55word passwort passwort1 password01 mypassword yourpassword thepassword
12345678 123456789 1234567890 12345678910 0123456789 87654321 987654321 9876543210 123123123
12341234 11223344 1122334455 112233445566 123321123 1234512345 147258369 159753159 123454321
12121212 10101010 20202020 01234567 23456789 13572468 24681357 31415926 00001111 11112222
qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyuiop123 qwertz123 azertyuiop
asdfghjk asdfghjkl asdfasdf asdf1234 asdfqwer zxcvbnm1 zxcvbnm123 zxcvbnmm 1qaz2wsx 1qaz2wsx3edc
qazwsxedc qazwsx123 zaq12wsx zaq1xsw2 1q2w3e4r 1q2w3e4r5t q1w2e3r4 q1w2e3r4t5 qweasdzxc 1234qwer
12qwaszx qweqweqwe qwe123qwe 123qweasd asdzxc123 poiuytrewq lkjhgfdsa mnbvcxz1
abcdefgh abcdefghi abcdefghij abcd1234 abc12345 abc123456 abcabcabc a1b2c3d4 a1b2c3d4e5 aa123456
a12345678 a123456789 1a2b3c4d 123456ab 12345abc 123abc456 1234abcd abcde12345 test1234 testtest
test12345 testing123 tester123 testpass testuser demo1234 demodemo sample123 example1 example123
changeme changeme1 changeme123 changeit letmein1 letmein123 letmeinnow openplease welcome1
welcome12 welcome123 welcome1234 welcome2024 welcome2025 welcome2026 welcomehome hello123
hello1234 hellohello hello123456 helloworld hithere1 goodmorning goodbye1 namaste1 namaste123
admin123 admin1234 admin12345 administrator adminadmin admin@123 adminpass root1234 rootroot
superuser superadmin sysadmin manager1 manager123 customer customer1 customer123 shopkeeper
shopping shopping1 shopper1 shop1234 kirana123 kirana1234 kiranakirana kiranashop groceries
grocery1 grocery123 storekeeper supermarket vegetables user1234 username username1 guest123
guestguest login123 loginlogin secret12 secret123 secretsecret topsecret default1 default123
temp1234 temporary temppass trustno1 access14 master12 master123 mastermaster hunter22 whatever
whatever1 nothing1 forgotten internet internet1 computer computer1 computer123 laptop123
samsung1 samsung123 iphone123 android1 google123 facebook facebook1 instagram whatsapp1 youtube1
football football1 football123 baseball baseball1 basketball cricket1 cricket123 cricketer
superman superman1 batman123 spiderman starwars starwars1 pokemon1 pokemon123 minecraft
sunshine sunshine1 princess princess1 princess123 iloveyou iloveyou1 iloveyou2 iloveyou123
iloveindia india123 india1234 indiaindia bharat123 mumbai123 delhi123 bangalore chennai1
krishna1 krishna123 ganesha1 ganesh123 jaimatadi saibaba1 omsairam omnamahshivaya
butterfly chocolate cookie123 cupcake1 strawberry blueberry1 pineapple mango123 jasmine1
rainbow1 flower123 monkey123 dragon123 tiger123 elephant shadow12 shadow123 midnight moonlight
jennifer michelle jessica1 michael1 michael123 daniel123 ashley12 charlie1 charlie123 thomas123
summer2024 summer2025 summer2026 winter2024 winter2025 winter2026 spring2025 spring2026
monday123 friday123 january1 december freedom1 liberty1 mustang1 ferrari1 corvette mercedes
"""
COMMON = frozenset(_LISTED.split())
