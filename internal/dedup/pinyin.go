package dedup

import (
	"strings"
	"sync"
)

// pinyin reads Chinese characters that are usual in names, without tones. What it does not know becomes "?".
func pinyin(word string) string {
	var b strings.Builder
	sounds := pinyinOf()
	for _, r := range word {
		if sound, ok := sounds[r]; ok {
			b.WriteString(sound)
			continue
		}
		b.WriteByte('?')
	}
	return b.String()
}

// compoundSurnames are the family names of two characters that are still common.
var compoundSurnames = wordSet("欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 司徒 夏侯 东方 皇甫 尉迟 公孙 慕容 令狐 长孙 宇文 端木 轩辕 南宫 独孤 西门")

// splitHan divides a full Chinese name into family and given name.
func splitHan(word string) (family, given string) {
	r := []rune(word)
	switch {
	case len(r) < 2 || len(r) > 4:
		return "", word
	case len(r) > 2 && compoundSurnames[string(r[:2])]:
		return string(r[:2]), string(r[2:])
	case len(r) == 4:
		return string(r[:2]), string(r[2:])
	}
	return string(r[:1]), string(r[1:])
}

// pinyinOf is the sound of each character.
var pinyinOf = sync.OnceValue(func() map[rune]string { return readings(pinyinTable) })

const pinyinTable = `
ai 艾爱愛 an 安 ao 敖奥傲 ba 巴 bai 白柏百 ban 班 bang 邦 bao 包宝寶鲍保葆 bei 贝北蓓 ben 本 bi 毕碧璧弼 bian 边卞 biao 彪 bin 斌滨彬宾 bing 冰兵炳秉
bo 博波柏伯勃 bu 卜步 cai 蔡才彩财 can 灿璨 cao 曹操 cen 岑 chai 柴 chan 婵 chang 常昌长畅嫦 chao 超朝潮 che 车 chen 陈陳晨辰尘琛宸 cheng 成程诚城承丞澄
chi 池迟 chong 崇冲 chu 楚储初褚 chuan 川传 chun 春纯淳 ci 慈 cong 聪丛从 cui 崔翠 da 达大 dai 戴代 dan 丹旦单 dang 党 dao 道 de 德 deng 邓鄧登 di 迪狄 dian 典 ding 丁定鼎
dong 董东冬栋 dou 窦 du 杜都 duan 段端 dun 敦 duo 多朵 e 娥鄂 en 恩 er 尔儿 fa 发法 fan 范樊凡帆繁梵 fang 方芳房放昉 fei 飞菲费非斐 fen 芬奋 feng 冯馮风凤峰锋丰枫封奉
fu 付傅福富符甫芙扶复馥夫 gan 甘干 gang 刚钢岗 gao 高皋 ge 葛戈歌格 gen 根 geng 耿庚 gong 龚宫公功弓恭 gou 苟 gu 顾谷古故 guan 关官冠管 guang 光广 gui 桂贵归圭瑰
guo 郭国國果 hai 海 han 韩韓汉涵寒晗翰瀚 hang 航杭 hao 郝浩豪昊皓好 he 何贺和荷赫禾鹤河 heng 恒衡亨 hong 洪红宏虹弘鸿泓 hou 侯厚后 hu 胡虎湖呼琥 hua 华華花桦化 huai 怀淮 huan 欢环焕桓
huang 黄黃煌皇凰 hui 惠慧辉会晖蕙徽卉 hun 浑 huo 霍火 ji 吉季纪姬冀佳继济基计吉籍 jia 贾家嘉佳甲加 jian 建健剑简坚见江鉴俭 jiang 江姜蒋将 jiao 焦娇姣皎 jie 杰洁捷婕节介洁
jin 金进晋锦瑾今靳津瑨 jing 静京晶景靖敬经菁婧井荆竞璟 jiong 炯 jiu 九久 ju 鞠菊居 juan 娟涓 jue 觉珏 jun 军俊君钧均骏峻 kai 凯开恺楷 kang 康亢 ke 柯可克珂科 kong 孔空 kuan 宽 kuang 匡邝
kui 奎葵魁 kun 坤昆琨 lai 赖来 lan 兰蓝岚澜 lang 郎朗 le 乐 lei 雷磊蕾 leng 冷 li 李黎力丽利立莉礼理离厉郦励俐荔 lian 连莲廉恋涟 liang 梁良亮 liao 廖 lie 烈
lin 林琳霖临麟 ling 凌玲灵令岭伶铃 liu 刘劉柳流六 long 龙隆 lou 娄楼 lu 卢陆鲁路露璐鹿禄 lun 伦 luo 罗羅骆洛 lü 吕律 lv 绿 ma 马馬麻 mai 麦 man 曼满 mao 毛茂茅 mei 梅美媚玫 men 门
meng 孟蒙梦萌 mi 米宓 mian 绵 miao 苗妙 min 敏民闵旻 ming 明鸣铭名茗 mo 莫墨默 mu 穆木牧慕沐 na 娜那纳 nan 南楠男 ni 倪妮 nian 年 nie 聂 ning 宁凝 niu 牛钮 nong 农
nuo 诺 ou 欧 pan 潘盼 pang 庞 pei 裴培佩沛 peng 彭鹏朋 pi 皮 ping 平萍苹 pu 蒲浦普 qi 齐祁琪奇琦启琪戚琦祺绮 qian 钱倩谦千前乾茜 qiang 强 qiao 乔巧 qin 秦琴勤钦芹
qing 青清庆晴卿 qiong 琼 qiu 邱秋丘裘 qu 曲屈瞿 quan 全泉权 que 阙 ran 冉然 rao 饶 ren 任仁人 rong 荣容蓉戎融 rou 柔 ru 茹如汝 ruan 阮 rui 瑞睿锐蕊芮 ruo 若 sai 赛
san 三 sang 桑 sha 沙莎 shan 山珊善单杉 shang 尚商 shao 邵少韶 she 佘 shen 沈申深慎 sheng 盛生胜圣升晟 shi 石史施世时诗士仕师实 shou 守寿 shu 舒淑书树姝 shuai 帅
shuang 双霜爽 shui 水 shun 顺舜 si 思司斯丝 song 宋松颂嵩 su 苏素肃 sui 隋 sun 孙孫 ta 塔 tai 泰太台 tan 谭覃坛檀 tang 唐汤堂棠 tao 陶涛桃 teng 滕藤腾 ti 缇
tian 田天甜恬 tie 铁 ting 婷廷亭庭 tong 童佟彤同桐通 tu 涂屠 wan 万宛婉 wang 王汪旺望 wei 魏韦伟卫维威薇微玮巍炜唯韋偉 wen 文温闻雯 weng 翁 wo 沃 wu 吴吳武伍五邬悟
xi 习席西喜希熙锡曦汐溪 xia 夏霞 xian 贤先显仙娴咸 xiang 向项祥香翔湘相 xiao 肖萧小晓笑孝霄潇筱 xie 谢謝解 xin 辛新欣心鑫信馨昕芯 xing 邢星兴行幸杏 xiong 熊雄 xiu 秀修
xu 徐许許旭续须胥煦 xuan 宣轩萱玄璇选 xue 薛雪学 xun 勋荀寻迅 ya 雅亚娅 yan 严颜燕言岩妍艳阎闫研彦炎晏嫣 yang 杨楊阳洋扬羊央 yao 姚尧瑶耀 ye 叶葉业烨野 yi 易一毅怡义艺宜依伊仪益翼逸奕
yin 尹殷银音印寅茵 ying 英应颖影莹盈迎映瑛 yong 勇永咏雍 you 尤游友优佑又 yu 于余俞喻玉宇雨育钰瑜羽裕昱煜渝郁语禹虞鱼 yuan 袁原元园源远苑圆媛 yue 岳月悦越 yun 云芸韵运允
zan 臧 ze 泽则 zeng 曾增 zhai 翟 zhan 詹占展战 zhang 张張章璋 zhao 赵趙照昭兆 zhe 哲喆者 zhen 甄真珍振镇贞震臻 zheng 郑鄭正政征 zhi 志智芝之致支芷治 zhong 钟仲中忠
zhou 周洲舟 zhu 朱祝珠竹诸柱筑 zhuang 庄壮 zhuo 卓琢 zi 子紫自梓姿 zong 宗 zou 邹 zu 祖 zuo 左佐 che 车 ouyang 歐`

// readings maps each character to the Latin word in front of it.
func readings(table string) map[rune]string {
	of := map[rune]string{}
	fields := strings.Fields(table)
	for i := 0; i+1 < len(fields); i += 2 {
		for _, r := range fields[i+1] {
			if _, known := of[r]; !known {
				of[r] = loosen(fold(fields[i]))
			}
		}
	}
	of['欧'], of['歐'], of['陽'], of['馬'] = "ou", "ou", "yang", "ma"
	return of
}
